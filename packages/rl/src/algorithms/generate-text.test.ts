import { SamplingConfig } from '@rankloop/contracts';
import { beforeAll, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { writeTinyBase } from '../testing/tiny-world.ts';
import { generateText, loadTextModel } from './generate-text.ts';

const config = SamplingConfig.parse({ maxNewTokens: 30, temperature: 1 });
const prompt = { text: 'hello:' };
let dir: string;

beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  dir = await writeTinyBase();
});

it('gives the same text for the same seed, another for another one, and models stay usable', async () => {
  const model = await loadTextModel(dir);
  const draw = async (seed: number) => (await generateText(model, { prompt, config, seed })).text;
  const first = await draw(1);
  expect(await draw(1)).toBe(first);
  expect(await draw(2)).not.toBe(first);
  model.dispose();
});

it('tells the text while it is drawn, each time a beginning of the whole', async () => {
  const model = await loadTextModel(dir);
  const told: string[] = [];
  const onText = (text: string) => told.push(text);
  const { text, tokens, finished } = await generateText(model, {
    prompt,
    config,
    seed: 3,
    everyMs: 0,
    onText,
  });
  expect(told).toHaveLength(finished === 'eos' ? tokens - 1 : tokens);
  expect(told.filter((part) => !text.startsWith(part))).toEqual([]);
  expect(told.at(-1)).toBe(text);
  model.dispose();
});

it('says that a prompt was longer than the model reads', async () => {
  const model = await loadTextModel(dir);
  const long = { text: 'a'.repeat(100) };
  expect((await generateText(model, { prompt: long, config, seed: 1 })).isPromptCut).toBe(true);
  expect((await generateText(model, { prompt, config, seed: 1 })).isPromptCut).toBe(false);
  model.dispose();
});
