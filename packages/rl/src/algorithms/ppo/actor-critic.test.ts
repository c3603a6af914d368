import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine/use-engine.ts';
import { testEngine } from '../../testing/test-engines.ts';
import { CausalLm } from '../../models/causal-lm.ts';
import { sampleCompletions } from '../../sampling/sample.ts';
import { tinyConfig, tinyTokenizer, writeTinyBase } from '../../testing/tiny-world.ts';
import '../../testing/to-be-all-close.ts';
import { RewardModel } from '../reward-model.ts';
import { evaluateTokens, LanguageModelActor, LanguageModelCritic } from './actor-critic.ts';
import { withEndState, type Episode } from './episode.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

const promptIds = ['abc:', 'q:', 'hello', 'zz'].map((text) => tinyTokenizer.encode(text));
const options = { chunkEpisodes: 2, pause: () => Promise.resolve() };

/** Large weights: a policy that is far from uniform, so that a wrong place or temperature shows. */
function sharpModel(): CausalLm {
  const model = CausalLm.random(tinyConfig, 3);
  const table = model.param('transformer.wte.weight');
  table.assign(tf.tidy(() => tf.mul(table, 20)));
  return model;
}

describe('the actor', () => {
  it.each([1, 0.7])(
    'gives the log-probabilities that the sampler drew with, at temperature %s',
    async (temperature) => {
      const model = sharpModel();
      const drawn = await sampleCompletions({
        model,
        promptIds,
        maxNewTokens: 10,
        temperature,
        seed: 1,
        eosTokenId: 0,
      });
      const episodes = drawn.map(({ ids }, i) => ({ promptIds: promptIds[i] ?? [], responseIds: ids }));
      const actor = new LanguageModelActor(model, temperature);
      const got = await evaluateTokens(episodes, actor.evaluate, options);
      expect(got).toBeAllClose(
        drawn.map(({ logProbs }) => logProbs),
        { atol: 1e-4 },
      );
      model.dispose();
    },
  );

  it('gives an episode the same numbers whatever else is in the batch', async () => {
    const model = sharpModel();
    const actor = new LanguageModelActor(model, 1);
    const episodes: Episode[] = promptIds.map((ids, i) => ({
      promptIds: ids,
      responseIds: ids.slice(0, i + 1),
    }));
    const together = await evaluateTokens(episodes, actor.evaluate, {
      ...options,
      chunkEpisodes: 4,
    });
    const alone = await evaluateTokens(episodes, actor.evaluate, {
      ...options,
      chunkEpisodes: 1,
    });
    expect(together).toBeAllClose(alone, { atol: 1e-5 });
    model.dispose();
  });
});

describe('the critic', () => {
  it('values the state after the last token too where it is asked for', async () => {
    const reward = await RewardModel.fromBase(await writeTinyBase(), 1);
    const critic = LanguageModelCritic.fromRewardModel(reward);
    const episodes = promptIds.map((ids, i) => ({ promptIds: ids, responseIds: ids.slice(0, i + 1) }));
    const valuesOf = (some: readonly Episode[]) => evaluateTokens(some, critic.evaluate, options);
    const [own, longer] = [await valuesOf(episodes), await valuesOf(episodes.map(withEndState))];
    // The state before a token that would follow.
    const after = await valuesOf(
      episodes.map(({ promptIds: prompt, responseIds }) => ({
        promptIds: [...prompt, ...responseIds],
        responseIds: [1],
      })),
    );
    expect(longer).toBeAllClose(
      own.map((values, i) => [...values, after[i]?.[0] ?? NaN]),
      { atol: 1e-5 },
    );
    for (const model of [critic, reward]) model.dispose();
  });

  it('starts as the reward model on its normalised scale, read at the state before each token', async () => {
    const reward = await RewardModel.fromBase(await writeTinyBase(), 1);
    reward.normalisation = { mean: 0.3, std: 2 };
    const critic = LanguageModelCritic.fromRewardModel(reward);
    const [prompt, response] = [tinyTokenizer.encode('ab:'), tinyTokenizer.encode('cdefg')];
    const states = response.map((_, t) => [...prompt, ...response.slice(0, t)]);
    const raw = await reward.scoreRows(states);
    const [values] = await evaluateTokens(
      [{ promptIds: prompt, responseIds: response }],
      critic.evaluate,
      options,
    );
    expect(values ?? []).toBeAllClose(
      raw.map((score) => (score - 0.3) / 2),
      { atol: 1e-5 },
    );
    critic.dispose();
    reward.dispose();
  });
});
