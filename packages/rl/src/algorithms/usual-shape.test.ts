import { beforeAll, describe, expect, it } from 'vitest';
import { rowArrays } from '../data/token-batch.ts';
import { useEngine } from '../engine/use-engine.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { tinyConfig, tinyPrompts, tinyTokenizer } from '../testing/tiny-world.ts';
import { episodeArrays, type Episode } from './ppo/episode.ts';
import { usualRollout } from './usual-shape.ts';

beforeAll(() => useEngine({ prefer: 'cpu' }));

const prompts = tinyPrompts(20);
const longest = Math.max(...prompts.map(({ text }) => tinyTokenizer.encode(text).length));
const config = { minibatchEpisodes: 16, maxNewTokens: 24 };
const shapeOf = (changes = {}) =>
  usualRollout({
    policy: CausalLm.random({ ...tinyConfig, ...changes }, 1),
    tokenizer: tinyTokenizer,
    prompts,
    config,
  });

function episodes(count: number, tokens: number): Episode[] {
  const own = {
    promptIds: new Array<number>(longest).fill(1),
    responseIds: new Array<number>(tokens).fill(2),
  };
  return Array.from({ length: count }, () => own);
}

describe('the usual shape of a run', () => {
  it('gives minibatches of outputs of many lengths one shape', () => {
    const network = { isRecorded: true, usual: shapeOf()?.drawing ?? null };
    const shapes = [12, 16, 20, 24].map((tokens) => {
      const { ids, places } = episodeArrays(episodes(16, tokens), tinyConfig.nPositions, network);
      return [...ids.shape, ...places.shape].join();
    });
    expect(new Set(shapes).size).toBe(1);
    // A few outputs that are only looked at get it too.
    expect(episodeArrays(episodes(4, 24), tinyConfig.nPositions, network).ids.shape.join()).toBe(
      shapes[0]?.split(',').slice(0, 2).join(),
    );
  });

  it('leaves much shorter batches alone', () => {
    const network = { isRecorded: true, usual: { rows: 16, tokens: 64, outputs: 512 } };
    expect(rowArrays(new Array<number[]>(16).fill([1, 2, 3]), 64, network).ids.shape).toEqual([16, 8]);
    const many = { isRecorded: true, usual: { rows: 64, tokens: 8, outputs: 512 } };
    expect(rowArrays([[1, 2, 3]], 64, many).ids.shape).toEqual([8, 8]);
  });

  it('is no matter of larger models, whose steps cost more than recordings', () => {
    expect(shapeOf({ nEmbd: 256, nLayer: 6 })).toBeNull();
  });
});
