// Judgements of what a policy writes now, by the usual crowd.

import { createRandom, hashText, judgeOutputs, type WorldPrompt } from '@rankloop/demo';
import { sampleFromFolder, type PreferenceExample } from '@rankloop/rl';
import { usualCrowd, usualUtility } from '../labels.ts';
import type { Workplace } from './workplace.ts';

/** Two outputs of one policy for one prompt. */
export interface DrawnPair {
  taskId: string;
  prompt: WorldPrompt;
  completions: string[];
}

/** `count` pairs for training prompts at random, or for those of `prompts`. */
export async function drawPairs(
  { world, seed, sampling }: Workplace,
  options: { modelDir: string; count: number; name: string; prompts?: readonly WorldPrompt[] },
): Promise<DrawnPair[]> {
  const { modelDir, count, name, prompts = world.prompts.training } = options;
  const random = createRandom(hashText(`${seed} ${name} prompts`));
  const tasks = Array.from({ length: count }, (_, i) => ({
    taskId: `${name}-${i}`,
    prompt: random.pick(prompts),
  }));
  const samples = await sampleFromFolder({
    modelDir,
    prompts: tasks.map(({ taskId, prompt: { text } }) => ({ id: taskId, text })),
    k: 2,
    config: sampling,
    seed: hashText(`${seed} ${name} draws`),
  });
  return tasks.map((task, i) => ({
    ...task,
    completions: samples.slice(2 * i, 2 * i + 2).map(({ text }) => text),
  }));
}

/** The first `times` people who do not skip the pair, always in the same order: more times add to fewer. */
export function judgePair(
  { world, seed }: Workplace,
  { taskId, prompt, completions }: DrawnPair,
  times = 1,
): PreferenceExample {
  const utility = usualUtility(world);
  const order = createRandom(hashText(`${seed} ${taskId} people`)).shuffle(usualCrowd(world));
  const judgements = order.flatMap((member) => {
    const utilities = completions.map((completion) => utility(prompt.text, completion));
    const ranks = judgeOutputs({ member, seed, taskId, outputs: completions, utilities });
    return ranks === null ? [] : [{ id: `${taskId} ${member.id}`, ranks, weight: 1 }];
  });
  return {
    promptId: prompt.id,
    promptText: prompt.text,
    completions,
    judgements: judgements.slice(0, times),
  };
}
