import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testEngines } from '../testing/test-engines.ts';
import { useEngine } from './use-engine.ts';

const README = join(import.meta.dirname, '../../README.md');
/** Within the package, where its imports resolve, and where no check looks that may run beside this test. */
const DIST = join(import.meta.dirname, '../../dist');
const Losses = z.array(z.number());

describe('the new loss in the README', () => {
  let folder: string;
  let fitLine: (steps: number) => Promise<unknown>;
  beforeAll(async () => {
    const code = /```ts\n(.*?)```/s.exec(await readFile(README, 'utf8'))?.[1] ?? '';
    await mkdir(DIST, { recursive: true });
    folder = await mkdtemp(join(DIST, 'readme-'));
    // The engine is the test's to choose.
    await writeFile(join(folder, 'example.ts'), code.replace('await useEngine();', ''));
    const example: unknown = await import(pathToFileURL(join(folder, 'example.ts')).href);
    const found: unknown = Reflect.get(Object(example) as object, 'fitLine');
    if (typeof found !== 'function') throw new Error('The README has no fitLine.');
    // Its one parameter is a number and its result is parsed below.
    fitLine = found as typeof fitLine;
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(testEngines)('learns on %s', async (engine) => {
    await useEngine({ prefer: engine });
    const losses = Losses.parse(await fitLine(40));
    expect(losses).toHaveLength(40);
    expect(losses.at(-1)).toBeLessThan(0.3 * (losses[0] ?? NaN));
  });
});
