// Outputs of the current policy with everything that is computed of them before an update.

import { completionText, encodePrompt } from '../../data/encode.ts';
import { sampleCompletions, type SampledIds } from '../../sampling/sample.ts';
import type { TrainingPrompt } from '../types.ts';
import { evaluateTokens } from './actor-critic.ts';
import type { ScoredEpisode } from './advantages.ts';
import { withEndState } from './episode.ts';
import type { PolicyWorld, RolloutSettings } from './policy-world.ts';

export interface RolloutOptions {
  readonly config: RolloutSettings;
  readonly signal?: AbortSignal | undefined;
}

export interface Rollout {
  readonly episodes: ScoredEpisode[];
  readonly texts: string[];
  readonly metrics: Record<string, number>;
}

/** `seed` fixes the draws; without it they continue the run's own sequence. */
export async function rollOut(
  world: PolicyWorld,
  options: RolloutOptions,
  prompts: readonly TrainingPrompt[],
  seed?: number,
): Promise<Rollout> {
  const { config } = options;
  const { drawn, promptIds } = await draw(world, options, prompts, seed ?? world.random.uint32());
  const texts = drawn.map((output) => completionText(world.tokenizer, output));
  const bare = drawn.map(({ ids }, i) => ({ promptIds: promptIds[i] ?? [], responseIds: ids }));

  // The score is of the text as a person reads it; the penalties for its length and for being cut off are beside it.
  const scores = await world.reward.score(
    prompts.map((prompt, i) => ({ prompt, completion: texts[i] ?? '' })),
    { byConfidence: world.byConfidence, between: world.pause },
  );
  // Old log-probabilities come from the forward pass that also trains, never from the sampler.
  const forward = { chunkEpisodes: config.minibatchEpisodes, pause: world.pause };
  const oldLogProbs = await evaluateTokens(bare, world.actor.evaluate, forward);
  const refLogProbs = await evaluateTokens(bare, world.reference.evaluate, forward);
  // An output that fills its room has no state after its end.
  const hasEndState = (length: number) => config.scorePlace === 'after-end' && length < config.maxNewTokens;
  const valued = bare.map((one) => (hasEndState(one.responseIds.length) ? withEndState(one) : one));
  const oldValues = world.critic ? await evaluateTokens(valued, world.critic.evaluate, forward) : [];

  const episodes = bare.map((episode, i) => ({
    ...episode,
    oldLogProbs: oldLogProbs[i] ?? [],
    refLogProbs: refLogProbs[i] ?? [],
    oldValues: oldValues[i] ?? [],
    score:
      (scores[i] ?? NaN) -
      (drawn[i]?.finished === 'length' ? config.missingEndPenalty : 0) -
      config.lengthPenalty * Math.max(0, episode.responseIds.length - config.freeLength),
  }));
  const count = episodes.length;
  const tokens = episodes.reduce((sum, { responseIds }) => sum + responseIds.length, 0);
  const logProbSum = oldLogProbs.flat().reduce((sum, logProb) => sum + logProb, 0);
  return {
    episodes,
    texts,
    metrics: {
      'objective/entropy': -logProbSum / count,
      'val/num_eos_tokens': drawn.filter(({ finished }) => finished === 'eos').length,
      response_length: tokens / count,
      distinct_outputs: new Set(texts).size / count,
    },
  };
}

async function draw(
  world: PolicyWorld,
  { config, signal }: RolloutOptions,
  prompts: readonly TrainingPrompt[],
  seed: number,
): Promise<{ drawn: SampledIds[]; promptIds: number[][] }> {
  const { nPositions, bosTokenId, eosTokenId } = world.policy.config;
  const limits = { nPositions, maxNewTokens: config.maxNewTokens, startTokenId: bosTokenId ?? eosTokenId };
  const promptIds = prompts.map((prompt) => encodePrompt(world.tokenizer, prompt, limits));
  const drawn = await sampleCompletions({
    model: world.policy,
    promptIds,
    maxNewTokens: config.maxNewTokens,
    temperature: config.temperature,
    seed,
    eosTokenId: eosTokenId ?? null,
    batchSize: Math.max(1, promptIds.length),
    ...(world.actor.decoder && { decoder: world.actor.decoder }),
    ...(signal && { signal }),
  });
  return { drawn, promptIds };
}
