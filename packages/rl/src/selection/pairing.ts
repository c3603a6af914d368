// Pairs for preference learning, made of scored outputs of one prompt (Liu et al. 2024, section 3.3).

import type { Random } from '../engine/random.ts';

/** Two outputs by their places in the list; `better` has the strictly higher reward. */
export interface RankedPair {
  readonly better: number;
  readonly worse: number;
}

export interface Pairing {
  readonly pairs: RankedPair[];
  /** Meetings of equal rewards, of which there is nothing to learn. */
  readonly ties: number;
}

/** n / 2 pairs: outputs meet once, in random order; an odd one out is not paired. */
export function pairFirstRound(rewards: readonly number[], random: Random): Pairing {
  return playRound(shuffledPlaces(rewards, random), rewards);
}

/**
 * n - 1 pairs: a knock-out in random order. Winners meet again, so that better outputs are in more pairs. Of equal ones
 * the first in the order goes on, as does an odd one out.
 */
export function pairTournament(rewards: readonly number[], random: Random): Pairing {
  const pairs: RankedPair[] = [];
  let ties = 0;
  let players = shuffledPlaces(rewards, random);
  while (players.length > 1) {
    const round = playRound(players, rewards);
    pairs.push(...round.pairs);
    ties += round.ties;
    players = round.winners;
  }
  return { pairs, ties };
}

/** Neighbours meet. */
function playRound(players: readonly number[], rewards: readonly number[]): Pairing & { winners: number[] } {
  const pairs: RankedPair[] = [];
  const winners: number[] = [];
  let ties = 0;
  for (let i = 0; i < players.length; i += 2) {
    const [one, other] = players.slice(i, i + 2);
    if (one === undefined) break;
    if (other === undefined) {
      winners.push(one);
      break;
    }
    const [first, second] = [rewards[one] ?? NaN, rewards[other] ?? NaN];
    winners.push(second > first ? other : one);
    if (first > second) pairs.push({ better: one, worse: other });
    else if (second > first) pairs.push({ better: other, worse: one });
    else ties += 1;
  }
  return { pairs, ties, winners };
}

function shuffledPlaces(rewards: readonly number[], random: Random): number[] {
  return random.shuffled(rewards.map((_, i) => i));
}
