// Which reward models tell what more labels would bring, and in which way labels are spent best.

import type { PreferenceExample } from '../algorithms/types.ts';
import { splitByPrompt } from '../data/split.ts';
import { Random } from '../engine/random.ts';

/** A task with its judgements, and whether the policy in use wrote its outputs. */
export interface CurveExample extends PreferenceExample {
  isFresh: boolean;
}

/** `size`: a point of the curve; the others are sides of a comparison. */
export type CurvePart = 'size' | 'deep' | 'wide' | 'fresh' | 'older';

/** A reward model that was trained for the curve. */
export interface CurveCell {
  repeat: number;
  part: CurvePart;
  /** That it learned from. */
  labels: number;
  /** Share of held-out pairs; null where there was none. */
  accuracy: number | null;
}

/** A reward model to train, and what it is tested on. */
export interface PlannedCell extends Omit<CurveCell, 'accuracy'> {
  seed: number;
  train: CurveExample[];
  heldOut: CurveExample[];
}

export interface CurvePlan {
  cells: PlannedCell[];
  /** Why a comparison is not in it. */
  noDeep: string | null;
  noFresh: string | null;
}

/** Each repeat holds other prompts out, so that the interval holds the luck of that too. */
export const REPEATS = 4;
const HELD_OUT = 0.2;
const SHARES = [1 / 8, 1 / 4, 1 / 2, 1];
const LEAST_DEEP_PROMPTS = 10;
const LEAST_FRESH_LABELS = 20;
const LEAST_FRESH_TESTS = 5;

/**
 * What to train, in the order of the repeats:
 * - `size`: shares of the prompts with all their labels, each a part of the next: the curve
 * - `wide` and `deep`: as many labels, one of each prompt or all of fewer prompts
 * - `older` and `fresh`: as many labels, all of older outputs or half of those of the policy in use; tested on the latter
 *
 * The same examples and seed give the same plan, so that what is done of it needs not be done again.
 */
export function planCurve(examples: readonly CurveExample[], seed: number): CurvePlan {
  const cells: PlannedCell[] = [];
  const [deepRepeats, freshRepeats] = [new Set<number>(), new Set<number>()];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const random = Random.forItem(seed, repeat);
    const ownSeed = random.uint32() >>> 1;
    const split = splitByPrompt(examples, { heldOutFraction: HELD_OUT, seed: ownSeed });
    const train = random.shuffled(split.train);
    const add = (part: CurvePart, learned: CurveExample[], heldOut: CurveExample[]) =>
      cells.push({ repeat, part, labels: countLabels(learned), seed: ownSeed, train: learned, heldOut });

    for (const share of SHARES) {
      add('size', takeLabels(train, share * countLabels(train)), split.heldOut);
    }
    const several = train.filter(({ judgements }) => judgements.length > 1);
    if (several.length >= LEAST_DEEP_PROMPTS) {
      deepRepeats.add(repeat);
      add(
        'wide',
        several.map((example) => keepOne(example, random)),
        split.heldOut,
      );
      add('deep', takeLabels(several, several.length), split.heldOut);
    }
    const [fresh, older] = [train.filter(({ isFresh }) => isFresh), train.filter(({ isFresh }) => !isFresh)];
    const tests = split.heldOut.filter(({ isFresh }) => isFresh);
    const labels = Math.min(countLabels(older), 2 * countLabels(fresh));
    if (labels >= 2 * LEAST_FRESH_LABELS && tests.length >= LEAST_FRESH_TESTS) {
      freshRepeats.add(repeat);
      add('older', takeLabels(older, labels), tests);
      add('fresh', [...takeLabels(older, labels / 2), ...takeLabels(fresh, labels / 2)], tests);
    }
  }
  return {
    cells,
    noDeep: deepRepeats.size > 1 ? null : 'Too few prompts have more than one judgement to tell.',
    noFresh: freshRepeats.size > 1 ? null : whyNotFresh(examples),
  };
}

function whyNotFresh(examples: readonly CurveExample[]): string {
  const fresh = examples.filter(({ isFresh }) => isFresh).length;
  if (fresh === 0) return 'No output of the policy in use has been judged yet.';
  if (fresh === examples.length)
    return 'All judged outputs are of the policy in use: there are no older ones.';
  return 'Too few outputs of the policy in use, or of older ones, have been judged to tell.';
}

function countLabels(examples: readonly CurveExample[]): number {
  return examples.reduce((sum, { judgements }) => sum + judgements.length, 0);
}

/** From the beginning, until there are as many labels as wanted. */
function takeLabels(examples: readonly CurveExample[], wanted: number): CurveExample[] {
  let labels = 0;
  return examples.filter(({ judgements }) => {
    const isTaken = labels < wanted;
    if (isTaken) labels += judgements.length;
    return isTaken;
  });
}

function keepOne(example: CurveExample, random: Random): CurveExample {
  return { ...example, judgements: random.shuffled(example.judgements).slice(0, 1) };
}
