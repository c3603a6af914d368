// Measures one thing of ours in a process of its own and prints one JSON line:
//
//   node --import tsx bench/engine/our-side.ts --measure reward|dpo|ppo|generation|memory --steps 12
//     [--policy FOLDER --reward FOLDER --out FOLDER --batch 16 --prompt 16 --output 48]

import { useEngine } from '@rankloop/rl';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { measureGeneration } from './ours/generate.ts';
import { measureMemory } from './ours/memory.ts';
import { measurePpo } from './ours/run-ppo.ts';
import { measureDpo } from './ours/train-dpo.ts';
import { measureRewardTraining } from './ours/train-reward.ts';
import type { Workload } from './ours/workload.ts';
import { settingsOf } from './settings.ts';

const MEASURES: Record<string, (workload: Workload) => Promise<object>> = {
  reward: async (workload) => ({ tokensPerSecond: await measureRewardTraining(workload) }),
  dpo: async (workload) => ({ tokensPerSecond: await measureDpo(workload) }),
  ppo: async (workload) => ({ tokensPerSecond: await measurePpo(workload) }),
  generation: async ({ steps }) => ({ tokensPerSecond: await measureGeneration(steps) }),
  memory: measureMemory,
};

const count = z.coerce.number().int().positive();
const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    measure: text,
    policy: text,
    reward: text,
    out: text,
    batch: text,
    prompt: text,
    output: text,
    steps: text,
  },
});
const options = z
  .object({
    measure: z.string(),
    policy: z.string().default(''),
    reward: z.string().default(''),
    out: z.string().default(''),
    batch: count.default(1),
    prompt: count.default(1),
    output: count.default(1),
    steps: count,
  })
  .parse(values);

const measure = MEASURES[options.measure];
if (measure === undefined) throw new Error(`Name one of ${Object.keys(MEASURES).join(', ')}.`);
const { name: engine } = await useEngine();
const measured = await measure({
  policyDir: options.policy,
  rewardDir: options.reward,
  outDir: options.out,
  batch: options.batch,
  promptTokens: options.prompt,
  outputTokens: options.output,
  steps: options.steps,
});
// Read after the work, see there.
console.log(JSON.stringify({ ...measured, ...settingsOf(engine) }));
