import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getStage, ROUND_PRESETS } from '@rankloop/contracts';
import { baseModelDir, demoProject } from '@rankloop/demo';
import { useEngine } from '@rankloop/rl';
import { atLeast, atMost, between } from './lib/bar.ts';
import { startReport } from './lib/report.ts';
import {
  comparePolicies,
  type LabelKind,
  type LoopResult,
  type LoopSettings,
  runLoop,
} from './loop/run-loop.ts';

/**
 * One turn of the loop in the demo's small world, without a server: does a round on simulated labels make the base
 * better by the hidden gold, and does one on shuffled labels leave it as it is? The shuffled rounds run twice, with
 * the score weighed by the confidence in the reward model and without. `--quick` is one seed.
 */
const seeds = process.argv.includes('--quick') ? [1] : [1, 2, 3, 4, 5];
const HELD_OUT = 400;
const { stages, ...rest } = ROUND_PRESETS.demo.config;
const config: LoopSettings = {
  ...rest,
  reward: getStage(stages, 'reward').config,
  ppo: getStage(stages, 'ppo').config,
};
const unguarded: LoopSettings = { ...config, ppo: { ...config.ppo, weighByConfidence: false } };

const report = startReport({ name: 'loop' });
await useEngine();
const rounds = await runAll('simulated', config);
const shuffled = await runAll('shuffled', config);
const shuffledUnguarded = await runAll('shuffled', unguarded);
const twins: number[] = [];
for (const seed of seeds) {
  const options = { config, seed, heldOutCount: HELD_OUT };
  twins.push((await comparePolicies(baseModelDir, baseModelDir, options)).goldWinRate.value);
}

const percentOf = (values: readonly number[]): number[] => values.map((value) => 100 * value);
const winsOf = (results: readonly LoopResult[]): number[] =>
  percentOf(results.map(({ goldWinRate }) => goldWinRate.value));
const klOf = (results: readonly LoopResult[]): number[] =>
  results.map(({ ppoFinal }) => ppoFinal['objective/kl'] ?? Number.NaN);
report.add({ figure: 'gold win rate of new over base', unit: '%', value: winsOf(rounds), bar: atLeast(70) });
report.add({
  figure: 'its lower 95 % bound, worst seed',
  unit: '%',
  value: 100 * Math.min(...rounds.map(({ goldWinRate }) => goldWinRate.low)),
  bar: atLeast(60),
});
report.add({ figure: 'control: base over base', unit: '%', value: percentOf(twins), bar: between(45, 55) });
report.add({
  figure: 'control: a round on shuffled labels',
  unit: '%',
  value: winsOf(shuffled),
  bar: between(43, 57),
});
// The control holds because of the confidence: without it PPO follows the random score in a chance direction.
report.add({
  figure: 'confidence in reward models of shuffled labels',
  unit: 'of 1',
  value: shuffled.map(({ reward }) => reward.confidence),
});
report.add({ figure: 'KL of a round on shuffled labels', unit: 'nats', value: klOf(shuffled) });
report.add({
  figure: 'a round on shuffled labels, score not weighed by confidence',
  unit: '%',
  value: winsOf(shuffledUnguarded),
});
report.add({ figure: 'its KL', unit: 'nats', value: klOf(shuffledUnguarded) });
report.add({
  figure: 'distinct outputs, new to base, items masked',
  unit: '%',
  value: percentOf(rounds.map(({ newDistinct, baseDistinct }) => newDistinct / baseDistinct)),
  bar: atLeast(50),
});
report.add({
  figure: 'gold of the base, share of its range',
  unit: '%',
  value: percentOf(rounds.map(({ baseGold }) => baseGold)),
  bar: between(20, 40),
});
report.add({ figure: 'gold after the round', unit: '%', value: percentOf(rounds.map((r) => r.newGold)) });
report.add({
  figure: 'start of round to new tasks',
  unit: 's',
  value: rounds.map((result) => secondsOf(result, 'wallSeconds')),
  bar: atMost(480),
});
report.add({
  figure: 'CPU of a round',
  unit: 's',
  value: rounds.map((result) => secondsOf(result, 'cpuSeconds')),
});
report.finish();

async function runAll(labels: LabelKind, settings: LoopSettings): Promise<LoopResult[]> {
  const results: LoopResult[] = [];
  for (const seed of seeds) {
    const workDir = mkdtempSync(join(tmpdir(), 'rankloop-bench-loop-'));
    try {
      const result = await runLoop({
        baseDir: baseModelDir,
        workDir,
        seed,
        labels,
        config: settings,
        taskCount: demoProject.seededTaskCount,
        labelersPerTask: demoProject.overlap,
        heldOutCount: HELD_OUT,
        log: (line) =>
          process.stderr.write(`${labels}${settings === unguarded ? ', unguarded' : ''} ${seed}  ${line}\n`),
      });
      results.push(result);
    } finally {
      rmSync(workDir, { recursive: true, force: true });
    }
  }
  return results;
}

function secondsOf({ phases }: LoopResult, clock: 'wallSeconds' | 'cpuSeconds'): number {
  const inRound = phases.filter(({ name }) => name !== 'sample tasks' && name !== 'evaluate');
  return inRound.reduce((sum, phase) => sum + phase[clock], 0);
}
