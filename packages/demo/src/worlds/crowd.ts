import { createRandom, hashText } from '../random.ts';
import { rankByGold } from '../rank-by-gold.ts';
import type { LabelerTraits } from '../rank-by-gold.ts';

/** Lazy people order at random without reading; malicious ones read and turn the order round. */
export type Character = 'honest' | 'lazy' | 'malicious';

export interface CrowdMember {
  id: string;
  character: Character;
  traits: LabelerTraits;
}

export interface CrowdOptions {
  size: number;
  /** In units of what is judged by. */
  temperature: number;
  mistakeRate?: number;
  tieWidth?: number;
  tieRate?: number;
  skipRate?: number;
  /** Shares of the crowd, rounded to whole people. */
  lazyShare?: number;
  maliciousShare?: number;
}

/** The first are malicious, the next lazy, the others honest. */
export function createCrowd(options: CrowdOptions): CrowdMember[] {
  const { size, temperature, lazyShare = 0, maliciousShare = 0 } = options;
  const malicious = Math.round(maliciousShare * size);
  const lazy = Math.round(lazyShare * size);
  const traits: LabelerTraits = {
    temperature,
    mistakeRate: options.mistakeRate ?? 0.04,
    tieWidth: options.tieWidth ?? temperature / 4,
    tieRate: options.tieRate ?? 0.5,
    skipRate: options.skipRate ?? 0.02,
    partialRate: 0,
  };
  return Array.from({ length: size }, (_, index) => ({
    id: `person-${index}`,
    character: index < malicious ? 'malicious' : index < malicious + lazy ? 'lazy' : 'honest',
    traits,
  }));
}

export interface JudgeOptions {
  member: CrowdMember;
  /** The same person judges the same task of the same seed the same way. */
  seed: number;
  taskId: string;
  outputs: readonly string[];
  /** What an honest person would like each output for. */
  utilities: readonly number[];
}

/** Ranks in the order of the outputs (1 is best, equal is a tie), or null for a task that was skipped. */
export function judgeOutputs({
  member,
  seed,
  taskId,
  outputs,
  utilities,
}: JudgeOptions): (number | null)[] | null {
  const random = createRandom(hashText(`${seed} ${member.id} ${taskId}\n${outputs.join('\n')}`));
  if (random.next() < member.traits.skipRate) return null;
  if (member.character === 'lazy') return random.shuffle(outputs.map((_, index) => index + 1));
  const sign = member.character === 'malicious' ? -1 : 1;
  return rankByGold({
    gold: utilities.map((utility) => sign * utility),
    isSame: (first, second) => outputs[first]?.trim() === outputs[second]?.trim(),
    traits: member.traits,
    random,
  });
}

/** A rating of 0 to 5 of one output, or null for one that was skipped. A malicious person rates the opposite. */
export function rateOutput(
  options: Omit<JudgeOptions, 'outputs' | 'utilities'> & { output: string; utility: number },
) {
  const { member, seed, taskId, output, utility } = options;
  const random = createRandom(hashText(`${seed} ${member.id} ${taskId} rates\n${output}`));
  if (random.next() < member.traits.skipRate) return null;
  if (member.character === 'lazy') return random.below(6);
  const sign = member.character === 'malicious' ? -1 : 1;
  // Two such noises differ as those of a comparison do; their mean is Euler's constant.
  const noise = member.traits.temperature * (random.gumbel() - 0.5772);
  return Math.min(5, Math.max(0, Math.round(2.5 + sign * (utility + noise))));
}
