// PPO in its simple form: N passes over each batch on
//
//   L = - mean over tokens of clip(ρ_t, 1 - ε, 1 + ε) · R      R = score - β Σ_t log(π_old(a_t) / π_ref(a_t))
//
// without critic or advantages per token. With `whitenAdvantages` R is moved to mean 0 and deviation 1 over the batch.

import type { PpoConfig, ReinforceConfig } from '@rankloop/contracts';
import { runPolicyGradient } from '../reinforce/run-policy-gradient.ts';
import type { PpoReport, RunPpoOptions } from '../types.ts';

export async function runSimplePpo(options: RunPpoOptions): Promise<PpoReport> {
  const { config } = options;
  return runPolicyGradient({ ...options, config: asPolicyGradient(config), mixSettings: config });
}

function asPolicyGradient(config: PpoConfig): ReinforceConfig {
  return {
    estimator: 'reinforce',
    baseline: 'constant',
    baselineConstant: 0,
    baselineDecay: 0,
    iterations: config.iterations,
    promptsPerIteration: config.episodesPerIteration,
    outputsPerPrompt: 1,
    learningRate: config.learningRate,
    klCoefficient: config.klCoefficient,
    klPlace: 'reward',
    klEstimator: estimatorOf(config),
    klControl: config.klControl,
    klTarget: config.klTarget,
    klHorizon: config.klHorizon,
    scaleAdvantages: config.whitenAdvantages ? 'batch' : 'none',
    surrogate: 'clip-only',
    ratio: 'token',
    aggregation: 'tokens',
    clipRange: config.clipRange,
    clipRangeHigh: config.clipRange,
    innerEpochs: config.innerEpochs,
    minibatchEpisodes: config.minibatchEpisodes,
    criticLearningRate: config.criticLearningRate,
    temperature: config.temperature,
    maxNewTokens: config.maxNewTokens,
    missingEndPenalty: config.missingEndPenalty,
    lengthPenalty: config.lengthPenalty,
    freeLength: config.freeLength,
    scoreClip: 0,
    weighByConfidence: config.weighByConfidence,
    maxGradNorm: config.maxGradNorm,
    warmupIterations: config.warmupIterations,
    maxRatio: config.maxRatio,
    stopUpdateKl: config.stopUpdateKl,
    divergenceKl: config.divergenceKl,
    sampleEvery: config.sampleEvery,
    samplePrompts: config.samplePrompts,
  };
}

/** @throws if it is the one that only rewards of tokens know */
function estimatorOf({ klEstimator }: PpoConfig): ReinforceConfig['klEstimator'] {
  if (klEstimator === 'abs') throw new Error('The simple form of PPO estimates KL as k1, k2 or k3.');
  return klEstimator;
}
