import { RsoConfig } from '@rankloop/contracts';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine/use-engine.ts';
import { testEngine } from '../../testing/test-engines.ts';
import { freshFolder, tinyPrompts, tinyTokenizer, writeTinyBase } from '../../testing/tiny-world.ts';
import { Stopwatch } from '../progress/stopwatch.ts';
import { Units } from '../progress/units.ts';
import { RewardModel } from '../reward-model.ts';
import { allOutputs, drawCandidates, outputsAt } from './draw.ts';
import { makeRsoPairs } from './rso-pairs.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

const prompts = tinyPrompts(16);
/** A random policy of some thirty tokens rarely ends within two. */
const LONGEST = 2;
const settings = { maxNewTokens: LONGEST, temperature: 1, topK: 0, topP: 1, missingEndPenalty: 0 };

let policyDir: string;
let rewards: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  policyDir = await writeTinyBase();
  rewards = join(await freshFolder(), 'reward');
  const untrained = await RewardModel.fromBase(policyDir, 1);
  await untrained.write(rewards);
  untrained.dispose();
});

async function inWorkshop<Result>(work: (workshop: Workshop) => Promise<Result>): Promise<Result> {
  const workshop = await openWorkshop({ policyDir, rewards, prompts, seed: 1 });
  try {
    return await work(workshop);
  } finally {
    workshop.dispose();
  }
}
const isLongest = (text: string) => tinyTokenizer.encode(text).length === LONGEST;

describe('an output that drawing stopped', () => {
  it('is known as such when it is chosen, and one that ended by itself is not', async () => {
    const drawn = await inWorkshop((workshop) =>
      drawCandidates(workshop, prompts, { k: 8, settings, seed: 1 }),
    );
    const all = allOutputs(drawn);
    expect(new Set(all.map(({ isCutOff }) => isCutOff)).size).toBe(2);
    expect(all.map(({ isCutOff }) => isCutOff)).toEqual(all.map(({ text }) => isLongest(text)));
    const places = drawn.flatMap(({ candidates }, prompt) =>
      candidates.map((_, candidate) => ({ prompt, candidate })),
    );
    expect(outputsAt(drawn, places)).toEqual(all);
  });

  it('is known as such in a pair', async () => {
    const config = RsoConfig.parse({ ...settings, mode: 'sft-sample-rank', candidates: 8, kept: 8 });
    const units = await Units.begin({ parts: {}, stopwatch: new Stopwatch() });
    const { examples } = await inWorkshop((workshop) => makeRsoPairs(workshop, { units, config, prompts }));
    expect(new Set(examples.flatMap(({ cutOff }) => cutOff)).size).toBe(2);
    for (const { completions, cutOff } of examples) expect(cutOff).toEqual(completions.map(isLongest));
  });
});
