// Reinforced self-training (ReST: Gulcehre et al. 2023): a data set is drawn (grow), then learned from several times
// above rising thresholds (improve).

import { drawInUnits } from './candidates/draw.ts';
import { improve, type RestRun } from './candidates/improve.ts';
import { RewardGauge, Rewards, rewardChange } from './candidates/measure.ts';
import type { RestReport, RunRestOptions } from './candidates/types.ts';
import { openWorkshop } from './candidates/workshop.ts';
import { Stopwatch } from './progress/stopwatch.ts';
import { Units } from './progress/units.ts';
import { NextTokenTraining } from './sft/next-token-training.ts';

/** Writes the best policy that it met as a complete model folder. */
export async function runRest(options: RunRestOptions): Promise<RestReport> {
  const stopwatch = new Stopwatch();
  const { config } = options;
  const workshop = await openWorkshop(options);
  try {
    const { gauge, reportGauge } = gaugesOf(options);
    // What will learn draws as well, so that what it has recorded serves every draw.
    workshop.training = new NextTokenTraining(workshop.policy, config);
    const units = await Units.begin({ ...options, parts: workshop.parts, stopwatch });
    const before = await units.once(Rewards, () => reportGauge.read(workshop));
    const best = await units.once(Rewards, () => gauge.read(workshop));
    const run: RestRun = { workshop, units, gauge, options, best, history: [] };
    let stopped: RestReport['stopped'] = null;
    for (let grow = 1; grow <= config.growSteps && stopped === null; grow++) {
      // 1. Grow: a data set of the newest policy alone; that of the grow step before is forgotten.
      const draws = { prompts: promptsPerGrow(options), k: config.candidates, settings: config };
      const drawn = await drawInUnits(workshop, units, draws);

      // 2. Improve, until the held-out reward falls. A grow step that improves nothing is the last one.
      stopped = await improve(run, grow, drawn);
    }
    const after = await reportGauge.read(workshop);
    await workshop.write(options.outDir);
    return {
      reward: rewardChange(before, after),
      history: run.history,
      stopped,
      steps: workshop.updates,
      seconds: stopwatch.seconds,
    };
  } finally {
    workshop.dispose();
  }
}

/**
 * One gauge says which steps are kept, another what came of them: the reading that was the highest of several is higher
 * than the policy deserves. They share no prompt where there are two.
 */
function gaugesOf(options: RunRestOptions): { gauge: RewardGauge; reportGauge: RewardGauge } {
  const { config, seed, prompts, heldOutPrompts = [] } = options;
  const measured = heldOutPrompts.length > 0 ? heldOutPrompts : prompts;
  const half = Math.floor(measured.length / 2);
  return {
    gauge: new RewardGauge({ prompts: measured.slice(half), seed }, config),
    // Draws of its own as well.
    reportGauge: new RewardGauge(
      { prompts: half > 0 ? measured.slice(0, half) : measured, seed: seed + 1 },
      config,
    ),
  };
}

/** No prompt twice in one data set. */
function promptsPerGrow({ config, prompts }: RunRestOptions): number {
  return Math.min(config.prompts, prompts.length);
}
