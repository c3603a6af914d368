import { RewardConfig } from '@rankloop/contracts';
import { trainRewardModel, useEngine, type PreferenceExample } from '@rankloop/rl';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { alternate } from './lib/alternate.ts';
import { atLeast } from './lib/bar.ts';
import { startReport } from './lib/report.ts';
import { rankedTasks, splitIntoPairs, writeSmallBase } from './reward-kway/world.ts';

/**
 * What a comparison costs where K outputs of a prompt are ranked at once. Read together, K outputs take K forward
 * passes and give K(K-1)/2 comparisons; taken apart into pairs, every comparison takes two. At K = 9 that is 8 times
 * less, if nothing else costs.
 */
const K = 9;
/** Both sides read 36 outputs in a step. */
const TASKS_PER_STEP = 4;
const PAIRS_PER_STEP = 18;
/** Steps that are timed; one more comes first and is not. */
const STEPS = 3;
const RUNS = 3;
const BAR = 6;

const report = startReport({ name: 'reward-kway' });
const engine = await useEngine();
const base = await writeSmallBase();
try {
  const tasks = rankedTasks(TASKS_PER_STEP * (STEPS + 1), K);
  const pairs = splitIntoPairs(tasks).slice(0, PAIRS_PER_STEP * (STEPS + 1));
  const { ours: together, rival: apart } = await alternate({
    ours: () => costPerComparison(tasks, TASKS_PER_STEP, (TASKS_PER_STEP * K * (K - 1)) / 2),
    rival: () => costPerComparison(pairs, PAIRS_PER_STEP, PAIRS_PER_STEP),
    runs: RUNS,
  });
  report.add({
    figure: `together, K = ${K}, ${engine.name}`,
    unit: 'CPU ms per comparison',
    value: together,
  });
  report.add({ figure: `in pairs, ${engine.name}`, unit: 'CPU ms per comparison', value: apart });
  report.add({
    figure: 'together cheaper by',
    unit: 'times',
    value: together.map((cost, run) => (apart[run] ?? NaN) / cost),
    bar: atLeast(BAR),
  });
} finally {
  await rm(base, { recursive: true, force: true });
}
report.finish();

/** Processor time of the timed steps, in milliseconds, over the comparisons in them. */
async function costPerComparison(
  examples: readonly PreferenceExample[],
  batchPrompts: number,
  comparisonsPerStep: number,
): Promise<number> {
  const times: number[] = [];
  const outDir = path.join(base, `trained-${batchPrompts}`);
  await trainRewardModel({
    base,
    outDir,
    examples,
    heldOut: [],
    config: RewardConfig.parse({ batchPrompts, normalisationSamples: 8, maxTokens: 64 }),
    seed: 1,
    onMetrics: () => {
      const { user, system } = process.cpuUsage();
      times.push((user + system) / 1000);
    },
  });
  const [first = NaN, last = NaN] = [times[0], times.at(-1)];
  return (last - first) / ((times.length - 1) * comparisonsPerStep);
}
