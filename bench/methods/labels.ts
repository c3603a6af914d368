// The judgements that every method gets: pairs by writers other than the policy, judged by a crowd.

import {
  createCrowd,
  createRandom,
  judgeOutputs,
  type CrowdMember,
  type CrowdOptions,
  type Random,
  type SmallWorld,
  type WorldPrompt,
} from '@rankloop/demo';
import type { PreferenceExample } from '@rankloop/rl';

/**
 * The stated mixture: each output of a pair is by one of these writers, at random. None is the policy that is trained,
 * as in the comparison data of Liu et al. (2024), which came from other models.
 */
export const WRITERS = [-0.6, 0, 0.6] as const;
/** Who judges where a study says nothing else: 20 people, one in ten of them lazy. */
export const usualCrowd = (world: SmallWorld, options: Partial<CrowdOptions> = {}): CrowdMember[] =>
  createCrowd({ size: 20, temperature: world.temperature, lazyShare: 0.1, ...options });

/** `true` judges by the world's taste; `twin` has the same judgements with their ranks dealt out at random. */
export type Arm = 'true' | 'twin';

/** What an honest person of this world would like a text for. */
export type Utility = (prompt: string, completion: string) => number;

export const usualUtility =
  (world: SmallWorld): Utility =>
  (prompt, completion) =>
    world.score(prompt, completion).gold + world.labelerBias(completion);

export interface LabelOptions {
  world: SmallWorld;
  seed: number;
  /** Judgements wanted; a pair that was skipped is given to the next person. */
  count: number;
  /** Outputs that each judgement ranks; 2 by default. */
  outputs?: number;
  arm: Arm;
  crowd?: readonly CrowdMember[];
  utility?: Utility;
  /** Trust in a person, 1 where it is absent. */
  weightOf?: (member: CrowdMember) => number;
}

/** One judgement each of `count` pairs, or of lists of more outputs. */
export function collectLabels(options: LabelOptions): PreferenceExample[] {
  const { world, seed, count, arm, crowd = usualCrowd(world), utility = usualUtility(world) } = options;
  const random = createRandom(seed * 7919 + 1);
  const deal = createRandom(seed * 7919 + 2);
  const examples: PreferenceExample[] = [];
  while (examples.length < count) {
    const prompt = random.pick(world.prompts.training);
    const completions = writeDifferent(world, prompt, { random, count: options.outputs ?? 2 });
    const member = random.pick(crowd);
    const ranks = judgeOutputs({
      member,
      seed,
      taskId: `${prompt.id} ${examples.length}`,
      outputs: completions,
      utilities: completions.map((completion) => utility(prompt.text, completion)),
    });
    if (ranks === null) continue;
    examples.push({
      promptId: prompt.id,
      promptText: prompt.text,
      completions,
      judgements: [
        {
          id: `judgement-${examples.length}`,
          ranks: arm === 'twin' ? deal.shuffle(ranks) : ranks,
          weight: options.weightOf?.(member) ?? 1,
        },
      ],
    });
  }
  return examples;
}

/** Different texts for one prompt, each by a writer at random. */
export function writeDifferent(
  world: SmallWorld,
  prompt: WorldPrompt,
  { random, count }: { random: Random; count: number },
): string[] {
  const texts: string[] = [];
  while (texts.length < count) {
    const text = world.write(prompt, random.pick(WRITERS), random).completion;
    if (!texts.includes(text)) texts.push(text);
  }
  return texts;
}
