import type { CrowdMember } from './crowd.ts';

/** A pair by what an honest person would like each side for. */
export interface UtilityPair {
  first: number;
  second: number;
}

/**
 * The probability that a judgement of two different texts by one of the crowd, drawn at random, that is no tie and no
 * skip prefers the first: exact, from what the people are made of.
 *
 * An honest person orders rightly with probability σ(Δ / T) and then errs, of two outputs, with half the mistake rate
 * (two places are drawn, and half the time they are the same one); a malicious one has -Δ; a lazy one has ½. People who
 * call near outputs equal more often count less where they do.
 */
export function preferenceProbability({ first, second }: UtilityPair, crowd: readonly CrowdMember[]): number {
  let preferring = 0;
  let judging = 0;
  for (const { character, traits } of crowd) {
    const distance = first - second;
    const isNear = Math.abs(distance) < traits.tieWidth;
    const strict = (1 - traits.skipRate) * (character !== 'lazy' && isNear ? 1 - traits.tieRate : 1);
    preferring += strict * firstBefore(character, distance, traits);
    judging += strict;
  }
  return preferring / judging;
}

function firstBefore(
  character: CrowdMember['character'],
  distance: number,
  { temperature, mistakeRate }: CrowdMember['traits'],
): number {
  if (character === 'lazy') return 0.5;
  const sign = character === 'malicious' ? -1 : 1;
  const right = 1 / (1 + Math.exp((-sign * distance) / temperature));
  return right * (1 - mistakeRate / 2) + (1 - right) * (mistakeRate / 2);
}

/** The share of judgements that somebody who knows everything about texts and crowd would foretell. */
export function bayesAccuracy(pairs: readonly UtilityPair[], crowd: readonly CrowdMember[]): number {
  const best = pairs.map((pair) => {
    const probability = preferenceProbability(pair, crowd);
    return Math.max(probability, 1 - probability);
  });
  return best.reduce((sum, share) => sum + share, 0) / best.length;
}
