// Statistical rejection sampling optimisation (RSO: Liu et al. 2024): preference pairs that follow the optimal policy
// better than the outputs people happened to judge, learned with the loss of DPO or the hinge loss.

import { DpoConfig, type RsoConfig } from '@rankloop/contracts';
import { RewardGauge, Rewards, rewardChange } from './candidates/measure.ts';
import { makeRsoPairs } from './candidates/rso-pairs.ts';
import type { RsoCandidates, RsoReport, RunRsoOptions } from './candidates/types.ts';
import { openWorkshop } from './candidates/workshop.ts';
import { Stopwatch } from './progress/stopwatch.ts';
import { Units } from './progress/units.ts';
import { trainDpo } from './train-dpo.ts';
import type { PreferenceExample } from './types.ts';

/** Writes the improved policy as a complete model folder. */
export async function runRso(options: RunRsoOptions): Promise<RsoReport> {
  const stopwatch = new Stopwatch();
  const { config, policyDir, referenceDir, outDir, yieldToEventLoop } = options;
  // What is loaded for one unit is gone after it.
  const units = await Units.begin({ ...options, parts: {}, stopwatch });
  const before = await units.once(Rewards.nullable(), () => measure(options, policyDir));

  // 1. Pairs: people's, or made of drawn outputs.
  const made = config.mode === 'direct' ? null : await drawPairs(units, options);
  const chunks = made?.chunks ?? 0;

  // 2. The DPO family's loss on them, held to the reference.
  const dpo = await trainDpo({
    policyDir,
    ...(referenceDir !== undefined && { referenceDir }),
    outDir,
    heldOut: options.heldOut,
    seed: options.seed,
    signal: options.signal,
    ...(yieldToEventLoop && { yieldToEventLoop }),
    examples: made?.examples ?? options.examples,
    config: dpoConfigOf(config),
    progress: units.within(),
    onMetrics: (step, totalSteps, values) => units.tell(chunks + step, chunks + totalSteps, values),
  });

  const after = await measure(options, outDir);
  return {
    reward: before && after ? rewardChange(before, after) : null,
    candidates: made?.report ?? null,
    dpo,
    seconds: stopwatch.seconds,
  };
}

async function drawPairs(
  units: Units,
  options: RunRsoOptions,
): Promise<{ examples: PreferenceExample[]; report: RsoCandidates; chunks: number }> {
  const { config, policyDir, samplerDir = policyDir, rewards, isRandomTwin } = options;
  if (rewards === undefined) throw new Error('Drawn outputs need a reward model that ranks them.');
  const workshop = await openWorkshop({ ...options, rewards, policyDir: samplerDir });
  try {
    const prompts = workshop.nextPrompts(Math.min(config.prompts, options.prompts.length));
    let told = 0;
    const { examples, report } = await makeRsoPairs(workshop, {
      units,
      config,
      prompts,
      isRandomTwin,
      onChunk: (chunk, chunks, values) => {
        told = chunk;
        units.tell(chunk, chunks + stepsAtMost(prompts.length, config), values);
      },
    });
    if (examples.length === 0) {
      throw new Error(
        'There is nothing to learn from: no two kept outputs of a prompt differ in reward. Keep more, or draw them at a higher temperature.',
      );
    }
    return { examples, report, chunks: told };
  } finally {
    workshop.dispose();
  }
}

/** Steps if no prompt is short of candidates and no two of them are equal. */
function stepsAtMost(prompts: number, { pairing, kept, batchPairs, epochs }: RsoConfig): number {
  const pairs = prompts * (pairing === 'tournament' ? kept - 1 : Math.floor(kept / 2));
  return Math.ceil(pairs / batchPairs) * epochs;
}

/** γ of the paper's losses is β of DPO's: softplus(-γh) and max(0, 1 - γh), h against the reference. */
function dpoConfigOf(config: RsoConfig): DpoConfig {
  const { learningRate, epochs, batchPairs, warmupFraction, maxGradNorm, weightDecay, maxTokens } = config;
  return {
    ...DpoConfig.parse({}),
    learningRate,
    epochs,
    batchPairs,
    warmupFraction,
    maxGradNorm,
    weightDecay,
    maxTokens,
    beta: config.gamma,
    loss: config.loss === 'hinge-norm' ? 'hinge' : 'sigmoid',
  };
}

/** Rewards of one policy's outputs, where there is a reward model. */
async function measure(options: RunRsoOptions, policyDir: string): Promise<number[] | null> {
  const { rewards, config } = options;
  if (rewards === undefined || options.prompts.length === 0) return null;
  const workshop = await openWorkshop({ ...options, rewards, policyDir });
  try {
    return await new RewardGauge(options, config).read(workshop);
  } finally {
    workshop.dispose();
  }
}
