import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { preparePairs } from '../algorithms/dpo/pairs.ts';
import { formulas } from '../testing/golden.ts';
import { tinyPrompts, tinyTokenizer } from '../testing/tiny-world.ts';
import '../testing/to-be-all-close.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { completionText, encodeForReward, encodePrompt, promptTokens } from './encode.ts';
import { capLabelerShare } from './labeler-share.ts';
import { pairsOfRanks, weighPairs } from './pairs.ts';
import { splitByPrompt } from './split.ts';

describe('pairs of a ranking', () => {
  it('are C(K, 2) for a full ranking of K outputs', () => {
    const counts = [4, 5, 6, 7, 8, 9].map(
      (k) => pairsOfRanks(Array.from({ length: k }, (_, i) => i + 1)).length,
    );
    expect(counts).toEqual(formulas.pairs_K4_to_9);
  });

  it('are none between tied outputs and none with an unranked one', () => {
    expect(pairsOfRanks([2, 1, 1, null])).toEqual([
      { better: 1, worse: 0, share: 1 },
      { better: 2, worse: 0, share: 1 },
    ]);
    expect(pairsOfRanks([1, 1, null])).toEqual([]);
  });

  it('order every two outputs of different rank, better first', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 1, max: 5 })), { maxLength: 9 }), (ranks) => {
        for (const { better, worse } of pairsOfRanks(ranks)) {
          expect(ranks[better]).toBeLessThan(ranks[worse] ?? -Infinity);
        }
      }),
    );
  });

  it('weigh 1 together, each judgement by its weight, whatever its K; one without a pair counts nothing', () => {
    const judgement = (ranks: number[], weight: number) => ({
      pairs: pairsOfRanks(ranks),
      weight,
      margin: 0,
    });
    const pairs = weighPairs([
      judgement([1, 2, 3, 4], 1),
      judgement([1, 1], 9),
      judgement([1, 2], 3),
      judgement([1, 2], 0),
    ]);
    expect(pairs.map(({ weight }) => weight)).toBeAllClose([...new Array<number>(6).fill(1 / 24), 3 / 4]);
  });
});

describe('the split by prompt', () => {
  const items = tinyPrompts(400).map(({ text }) => ({ promptText: text }));
  const options = { heldOutFraction: 0.2, seed: 3 };

  it('never puts one prompt on both sides, and is the same every time', () => {
    const twice = [...items, ...items];
    const { train, heldOut } = splitByPrompt(twice, options);
    const trained = new Set(train.map(({ promptText }) => promptText));
    expect(heldOut.filter(({ promptText }) => trained.has(promptText))).toEqual([]);
    expect(train.length + heldOut.length).toBe(twice.length);
    expect(splitByPrompt([...twice].reverse(), options).train.length).toBe(train.length);
  });

  it('holds out about the asked share, and moves no prompt when others come', () => {
    const { heldOut } = splitByPrompt(items, options);
    expect(heldOut.length / items.length).toBeGreaterThan(0.14);
    expect(heldOut.length / items.length).toBeLessThan(0.26);
    const before = splitByPrompt(items.slice(0, 100), options).heldOut;
    expect(heldOut.slice(0, before.length)).toEqual(before);
  });

  it('leaves both sides at least one prompt where there are two', () => {
    for (const heldOutFraction of [0, 0.999999]) {
      const { train, heldOut } = splitByPrompt(items.slice(0, 2), { heldOutFraction, seed: 1 });
      expect([train.length, heldOut.length]).toEqual([1, 1]);
    }
    expect(splitByPrompt(items.slice(0, 1), { heldOutFraction: 0.5, seed: 1 }).train).toHaveLength(1);
  });
});

describe("the cap on one person's share", () => {
  const share = (judgements: { labelerId: string; weight: number }[], maxShare: number) => {
    const weights = capLabelerShare(judgements, maxShare);
    const totals = new Map<string, number>();
    judgements.forEach(({ labelerId }, i) =>
      totals.set(labelerId, (totals.get(labelerId) ?? 0) + (weights[i] ?? 0)),
    );
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    return new Map([...totals].map(([labelerId, total]) => [labelerId, total / all]));
  };
  const by = (labelerId: string, count: number) =>
    Array.from({ length: count }, () => ({ labelerId, weight: 1 }));

  it('brings a busy person down to it and leaves the others their weights', () => {
    const judgements = [...by('busy', 80), ...by('a', 10), ...by('b', 10)];
    expect(share(judgements, 0.5).get('busy')).toBeAllClose(0.5);
    expect(capLabelerShare(judgements, 0.5).slice(80)).toEqual(new Array(20).fill(1));
  });

  it('makes everybody equal where there are too few people for it', () => {
    expect(share([...by('a', 90), ...by('b', 10)], 0.3).get('a')).toBeAllClose(0.5);
    expect(capLabelerShare(by('alone', 5), 0.3)).toEqual([1, 1, 1, 1, 1]);
  });

  it('holds for any counts', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(counts, fc.double({ min: 0.05, max: 1, noNaN: true }), (each, maxShare) => {
        fc.pre(each.some((count) => count > 0));
        const judgements = each.flatMap((count, i) => by(`person ${i}`, count));
        const people = each.filter((count) => count > 0).length;
        const most = Math.max(...share(judgements, maxShare).values());
        expect(most).toBeLessThanOrEqual(Math.max(maxShare, 1 / people) + 1e-9);
      }),
    );
  });
});

describe('a text for the reward model', () => {
  const limits = { maxTokens: 12, eosTokenId: 0 };

  it('is prompt, output and the end-of-text token', () => {
    const { ids, isTruncated } = encodeForReward(
      tinyTokenizer,
      { prompt: { text: 'ab:' }, completion: 'cd' },
      limits,
    );
    expect(ids).toEqual([...tinyTokenizer.encode('ab:cd'), 0]);
    expect(isTruncated).toBe(false);
  });

  it('loses the start of its prompt first, and the end of its output only when that is not enough', () => {
    const read = (text: string, completion: string) =>
      encodeForReward(tinyTokenizer, { prompt: { text }, completion }, limits);
    expect(read('abcdefgh:', 'xyz').ids).toEqual([...tinyTokenizer.encode('bcdefgh:xyz'), 0]);
    expect(read('abcdefgh:', 'nopqrstuvwxyz').ids).toEqual(tinyTokenizer.encode('gh:nopqrstuv'));
    expect(read('abcdefgh:', 'xyz').isTruncated).toBe(true);
  });

  it('may have an empty output', () => {
    expect(
      encodeForReward(tinyTokenizer, { prompt: { text: 'a:' }, completion: '' }, limits).ids.at(-1),
    ).toBe(0);
    expect(completionText(tinyTokenizer, { ids: [0], finished: 'eos' })).toBe('');
  });
});

describe('a prompt', () => {
  const conversation = [
    { role: 'user', content: 'ab' },
    { role: 'assistant', content: 'c' },
    { role: 'user', content: 'd' },
  ];
  const template = "{% for m in messages %}{{ m['content'] }}!{% endfor %}.";
  const chatTokenizer = new Tokenizer(tinyTokenizer.json, { chat_template: template });

  it('is read through the chat template of a model that has one, wherever it is read', () => {
    const asChat = tinyTokenizer.encode('ab!c!d!.');
    const prompt = { text: 'q:', conversation };
    const limits = { nPositions: 40, maxNewTokens: 5, startTokenId: 0 };
    expect(encodePrompt(chatTokenizer, prompt, limits)).toEqual(asChat);
    const scored = encodeForReward(
      chatTokenizer,
      { prompt, completion: 'x' },
      { maxTokens: 40, eosTokenId: 0 },
    );
    expect(scored.ids).toEqual([...asChat, ...tinyTokenizer.encode('x'), 0]);
    const example = { promptId: '1', promptText: 'q:', conversation, completions: ['x', 'y'] };
    const judgements = [{ id: '1', ranks: [1, 2], weight: 1 }];
    const pairLimits = { maxTokens: 40, eosTokenId: 0, bosTokenId: undefined };
    const { pairs } = preparePairs(chatTokenizer, [{ ...example, judgements }], pairLimits);
    expect(pairs.map(({ promptIds }) => promptIds)).toEqual([asChat]);
  });

  it('is its plain text to a model without a template, and where there are no messages', () => {
    const plain = tinyTokenizer.encode('q:');
    expect(promptTokens(tinyTokenizer, { text: 'q:', conversation })).toEqual(plain);
    expect(promptTokens(chatTokenizer, { text: 'q:' })).toEqual(plain);
  });

  it('that is too long for a chat model loses its oldest exchanges whole, then its start', () => {
    const system = { role: 'system', content: 's' };
    const read = (room: number, messages = conversation) => {
      const limits = { nPositions: room + 1, maxNewTokens: 1, startTokenId: 0 };
      return tinyTokenizer.decode(
        encodePrompt(chatTokenizer, { text: 'q:', conversation: messages }, limits),
      );
    };
    expect(read(8)).toBe('ab!c!d!.');
    expect(read(7)).toBe('d!.');
    expect(read(2)).toBe('!.');
    expect(read(9, [system, ...conversation])).toBe('s!d!.');
    const limits = { maxTokens: 9, eosTokenId: 0 };
    const scored = encodeForReward(
      chatTokenizer,
      { prompt: { text: '', conversation }, completion: 'xyz' },
      limits,
    );
    expect(scored).toEqual({ ids: [...tinyTokenizer.encode('d!.xyz'), 0], isTruncated: true });
  });

  it('that its template refuses is named in the complaint', () => {
    const strict = new Tokenizer(tinyTokenizer.json, {
      chat_template: "{{ raise_exception('roles must alternate') }}",
    });
    expect(() => promptTokens(strict, { text: 'the quick brown fox', conversation })).toThrow(
      /roles must alternate \(the prompt begins: the quick brown fox\)/,
    );
  });
});

describe('a prompt for sampling', () => {
  it('keeps its end where it is too long, and needs room for an output', () => {
    const limits = { nPositions: 8, maxNewTokens: 5, startTokenId: 0 };
    expect(encodePrompt(tinyTokenizer, { text: 'abcdef:' }, limits)).toEqual(tinyTokenizer.encode('ef:'));
    expect(encodePrompt(tinyTokenizer, { text: '' }, limits)).toEqual([0]);
    expect(() => encodePrompt(tinyTokenizer, { text: 'a:' }, { ...limits, maxNewTokens: 8 })).toThrow(
      'ask for less',
    );
  });
});
