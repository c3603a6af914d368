import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** Every file that the training process is made of, by package. */
async function readInputs(): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../src/training/training.child.ts', import.meta.url))],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    external: ['@tensorflow/*', '@huggingface/*', 'zod'],
    absWorkingDir: fileURLToPath(new URL('../../..', import.meta.url)),
  });
  return Object.keys(metafile.inputs);
}

test('the training process reaches neither the gold nor a database', async () => {
  const inputs = await readInputs();
  expect(inputs.some((path) => path.startsWith('packages/rl/'))).toBe(true);
  for (const name of ['demo', 'db', 'core', 'jobs', 'datasets']) {
    expect(inputs.filter((path) => path.startsWith(`packages/${name}/`))).toEqual([]);
  }
});
