import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Random } from '../../engine/random.ts';
import { useEngine } from '../../engine/use-engine.ts';
import { SavedOnDisk, trainWithoutStop } from '../../testing/killed-training.ts';
import { testEngine } from '../../testing/test-engines.ts';
import { haveSameWeights, tinyConfig, writeTinyBase, freshFolder } from '../../testing/tiny-world.ts';
import { unitTrainings } from '../../testing/unit-trainings.ts';
import { RewardModel } from '../reward-model.ts';
import { randomPart } from './parts.ts';
import { readSavedState } from './saved-files.ts';
import { Stopwatch } from './stopwatch.ts';
import { Figure, Units } from './units.ts';

const small = { ...tinyConfig, nLayer: 1, nEmbd: 16 };
let folders: { policyDir: string; otherDir: string; rewards: string };
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  const policyDir = await writeTinyBase(1, small);
  const untrained = await RewardModel.fromBase(policyDir, 1);
  const rewards = await freshFolder();
  await untrained.write(rewards);
  untrained.dispose();
  folders = { policyDir, otherDir: await writeTinyBase(2, small), rewards };
});

const withoutSeconds = (report: unknown): unknown =>
  JSON.parse(JSON.stringify(report, (key, value: unknown) => (key === 'seconds' ? 0 : value)));

/** Whether a saved state is from between two units; else it is from within one. */
async function isBetween(folder: string): Promise<boolean> {
  const { parts } = await readSavedState(folder);
  return (
    z.object({ stepWithin: z.number().nullable() }).parse(parts.get('course')?.value).stepWithin === null
  );
}

describe('a training of several units that is cut off wherever it saves itself', { timeout: 400_000 }, () => {
  it.each(Object.entries(unitTrainings(() => folders)))(
    'goes on to the same trace, report and weights, bit for bit: %s',
    async (_name, train) => {
      const whole = await trainWithoutStop(train);
      const saving = new SavedOnDisk(1);
      expect((await trainWithoutStop(train, saving)).trace).toEqual(whole.trace);
      const between = await Promise.all(saving.folders.map(isBetween));
      expect(new Set(between)).toEqual(new Set([true, false]));
      for (const folder of saving.folders) {
        const progress = new SavedOnDisk(1);
        progress.newest = folder;
        const rest = await trainWithoutStop(train, progress);
        const [{ step, refusal } = { step: NaN, refusal: 'It did not begin.' }] = progress.begun;
        expect(refusal).toBeUndefined();
        expect([...rest.trace]).toEqual([...whole.trace].filter(([told]) => told > step));
        expect(withoutSeconds(rest.report)).toEqual(withoutSeconds(whole.report));
        expect(await haveSameWeights(rest.outDir, whole.outDir)).toBe(true);
        // What is done is not done again.
        expect(progress.folders.length).toBe(saving.folders.length - saving.folders.indexOf(folder) - 1);
      }
    },
  );
});

/** A unit per throw of the dice. */
async function throwDice(progress: SavedOnDisk, stopAfter = Infinity) {
  const random = new Random(1);
  const parts = { random: randomPart(random) };
  const units = await Units.begin({ parts, stopwatch: new Stopwatch(), progress });
  const thrown: number[] = [];
  let made = 0;
  while (thrown.length < Math.min(5, stopAfter)) {
    thrown.push(
      await units.once(z.number(), () => {
        made += 1;
        return random.below(6);
      }),
    );
  }
  return { thrown, made };
}

it('a unit that is done is not made again, and the next one finds everything where it was', async () => {
  const whole = await throwDice(new SavedOnDisk(1));
  const progress = new SavedOnDisk(1);
  await throwDice(progress, 3);
  expect(await throwDice(progress)).toEqual({ thrown: whole.thrown, made: 2 });
  expect(whole.made).toBe(5);
});

it('units within a unit are kept one by one until it is done, and then it alone is', async () => {
  let made = 0;
  const sumOfThree = async (progress: SavedOnDisk) => {
    const random = new Random(1);
    const parts = { random: randomPart(random) };
    const units = await Units.begin({ parts, stopwatch: new Stopwatch(), progress });
    return units.once(z.number(), async () => {
      let sum = 0;
      for (let i = 0; i < 3; i++) {
        sum += await units.once(z.number(), () => {
          made += 1;
          return random.below(6);
        });
      }
      return sum + random.below(6);
    });
  };
  const whole = new SavedOnDisk(1);
  const sum = await sumOfThree(whole);
  for (const [saved, folder] of whole.folders.entries()) {
    made = 0;
    const progress = new SavedOnDisk(1);
    progress.newest = folder;
    expect(await sumOfThree(progress)).toBe(sum);
    expect(made).toBe(Math.max(0, 3 - saved - 1));
    const { parts } = await readSavedState(folder);
    const { kept } = z.object({ kept: z.array(z.unknown()) }).parse(parts.get('course')?.value);
    expect(kept).toHaveLength(saved < 3 ? saved + 1 : 1);
  }
});

it('a state that does not fit begins anew, with nothing of it in place', async () => {
  const progress = new SavedOnDisk(1);
  await progress.save({ step: 3, parts: new Map([['random', { value: 'nonsense', tensors: new Map() }]]) });
  expect(await throwDice(progress)).toEqual(await throwDice(new SavedOnDisk(1)));
  expect(progress.begun).toMatchObject([{ step: 0, refusal: expect.any(String) as string }]);
});

it('a training within a unit that cannot go on is begun again where the unit began', async () => {
  const learn = async (progress: SavedOnDisk, { isCut = false } = {}) => {
    const random = new Random(1);
    const parts = { random: randomPart(random) };
    const units = await Units.begin({ parts, stopwatch: new Stopwatch(), progress });
    const first = await units.once(z.number(), () => random.uint32());
    const second = await units.once(z.number(), async (within) => {
      const value = random.uint32();
      const half = new Map([['half', { value: 'done', tensors: new Map() }]]);
      if (isCut) await within?.save({ step: 1, parts: half });
      expect((await within?.find())?.parts ?? half).toEqual(half);
      return value;
    });
    return [first, second];
  };
  const progress = new SavedOnDisk(1);
  const whole = await learn(progress, { isCut: true });
  progress.newest = progress.folders[1] ?? null;
  expect(await learn(progress)).toEqual(whole);
});

it('a figure that is no finite number is the same before and after it was kept', () => {
  const kept = (value: number): unknown => JSON.parse(JSON.stringify([value]));
  for (const value of [NaN, Infinity, -Infinity])
    expect([Figure.parse(value), Figure.array().parse(kept(value))]).toEqual([NaN, [NaN]]);
});
