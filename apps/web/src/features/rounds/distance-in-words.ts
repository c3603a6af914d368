import { measured } from '../../lib/format.ts';

/** The mean of a few draws estimates the KL, and falls below zero by chance where the policy has hardly moved. */
export function distanceInWords(finalKl: number): string {
  const value = measured(finalKl);
  return finalKl < 0
    ? `The policy ended about where the reference is: its KL is estimated at ${value} nats, below 0 by chance.`
    : `The policy ended ${value} nats from the reference.`;
}
