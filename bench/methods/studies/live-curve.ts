// A long PPO run watched as it goes: gold and rewards of the same held-out prompts against the distance from the base.

import type { PpoConfig } from '@rankloop/contracts';
import { loadRewardSource, runPpo } from '@rankloop/rl';
import path from 'node:path';
import { z } from 'zod';
import type { Workplace } from './workplace.ts';
import { mean } from './workplace.ts';

export const CurvePoint = z.object({
  step: z.number(),
  /** Mean log π - log base of the drawn outputs, nats. */
  kl: z.number(),
  /** Mean score of the reward model that is followed. */
  proxy: z.number(),
  /** Of one that is not, where a study has it. */
  other: z.number().nullable(),
  gold: z.number(),
  words: z.number(),
});
export type CurvePoint = z.infer<typeof CurvePoint>;

export async function watchPpo(
  { world, seed, dir, baseDir }: Workplace,
  options: { name: string; rewardDir: string; otherDir?: string; config: PpoConfig },
): Promise<CurvePoint[]> {
  const drawn: { step: number; samples: { promptId: string; text: string; score: number; kl: number }[] }[] =
    [];
  const livePrompts = world.prompts.heldOut;
  const textOf = new Map(livePrompts.map(({ id, text }) => [id, text]));
  await runPpo({
    policyDir: baseDir,
    rewardDir: options.rewardDir,
    outDir: path.join(dir, options.name),
    prompts: world.prompts.training,
    livePrompts,
    config: options.config,
    seed,
    onSamples: (step, samples) => drawn.push({ step, samples }),
  });
  const other = options.otherDir === undefined ? null : await loadRewardSource(options.otherDir);
  const points: CurvePoint[] = [];
  for (const { step, samples } of drawn) {
    const texts = samples.map(({ promptId, text }) => ({
      prompt: { text: textOf.get(promptId) ?? '' },
      completion: text,
    }));
    points.push({
      step,
      kl: mean(samples.map(({ kl }) => kl)),
      proxy: mean(samples.map(({ score }) => score)),
      other: other === null ? null : mean(await other.score(texts)),
      gold: mean(texts.map(({ prompt, completion }) => world.score(prompt.text, completion).gold)),
      words: mean(texts.map(({ completion }) => completion.match(/[a-z]+/g)?.length ?? 0)),
    });
  }
  other?.dispose();
  return points;
}
