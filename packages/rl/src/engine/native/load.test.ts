import * as tf from '@tensorflow/tfjs-core';
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasNative } from '../../testing/test-engines.ts';
import { DATA_TYPES, nativeBackend } from '../graph/addon.ts';
import { hasFusedKernels } from '../kernels/heap.ts';
import { useEngine } from '../use-engine.ts';

const run = promisify(execFile);
const ENGINE = join(import.meta.dirname, '../use-engine.ts');
const REPOSITORY = join(import.meta.dirname, '../../../../..');

describe.skipIf(!hasNative)('TensorFlow under TF.js', () => {
  beforeAll(() => useEngine({ prefer: 'native' }));

  it('runs as a backend of the tfjs-core that our models use', async () => {
    expect(await useEngine({ prefer: 'native' })).toMatchObject({ name: 'native' });
    expect(tf.getBackend()).toBe('tensorflow');
    expect(Array.from(tf.matMul([[1, 2]], [[3], [4]]).dataSync())).toEqual([11]);
  });

  it('makes tensors that our code knows as its own', () => {
    expect(tf.tensor([1])).toBeInstanceOf(tf.Tensor);
    expect(tf.exp(tf.tensor([0]))).toBeInstanceOf(tf.Tensor);
  });

  it('shows a binding whose functions can be observed', () => {
    const binding: unknown = Reflect.get(tf.backend(), 'binding');
    expect(binding).toHaveProperty('executeOp');
    expect(Object.getOwnPropertyDescriptor(binding, 'executeOp')?.writable).toBe(true);
  });

  it('has memory of its own, wherever the values of a tensor lie', () => {
    const { binding } = nativeBackend() ?? expect.fail('The native engine does not run.');
    const memory = new ArrayBuffer(128);
    const kept = Array.from({ length: 16 }, (_, i) => {
      // One of these places is aligned for vector instructions, whatever the block's address.
      const values = new Float32Array(memory, 4 * i, 4).fill(1);
      const id = binding.createTensor([4], DATA_TYPES.float32, values);
      values.fill(2);
      const [first] = binding.tensorDataSync(id);
      binding.deleteTensor(id);
      return first;
    });
    expect(kept).toEqual(Array(16).fill(1));
  });

  it('leaves our own kernels to the engines that have them', async () => {
    expect(hasFusedKernels()).toBe(false);
    await useEngine({ prefer: 'wasm' });
    expect(hasFusedKernels()).toBe(true);
    await useEngine({ prefer: 'native' });
  });

  it('gives back every tensor', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => tf.sum(tf.square(tf.ones([8, 8]))).dataSync());
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe.skipIf(!hasNative)('the native engine in a process of its own', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(REPOSITORY, 'node_modules/.rankloop-test-'));
    const entry = join(folder, 'entry.ts');
    await writeFile(
      entry,
      `import { useEngine } from ${JSON.stringify(ENGINE)};
      const { name } = await useEngine({ modelWidth: Number(process.argv[2] ?? 0) });
      console.log(name, process.env.TF_NUM_INTRAOP_THREADS ?? 'all');`,
    );
    await build({
      entryPoints: [entry],
      outfile: join(folder, 'bundle.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      logLevel: 'silent',
    });
  });
  afterAll(() => rm(folder, { recursive: true }));

  const start = (env: Record<string, string>, ...args: string[]) =>
    run(process.execPath, [join(folder, 'bundle.mjs'), ...args], {
      cwd: tmpdir(),
      env: { ...process.env, TF_NUM_INTRAOP_THREADS: undefined, ...env },
    });

  it('loads from a bundle that is run from another folder, and says nothing on the way', async () => {
    const { stdout, stderr } = await start({ RANKLOOP_ENGINE: 'native' });
    expect([stdout.trim(), stderr]).toEqual(['native 1', '']);
  });

  it('gives each operation one thread, or all of them where the model is wide, or what it is told', async () => {
    const threadsOf = async (env: Record<string, string>, width: number) =>
      (await start({ RANKLOOP_ENGINE: 'native', ...env }, String(width))).stdout.trim();
    expect(await threadsOf({}, 511)).toBe('native 1');
    expect(await threadsOf({}, 512)).toBe('native all');
    expect(await threadsOf({ TF_NUM_INTRAOP_THREADS: '3' }, 16)).toBe('native 3');
  });

  it('loads where Node has dropped the helper that the package calls', async () => {
    const { stdout } = await run(
      process.execPath,
      [
        '--import',
        `data:text/javascript,import u from 'node:util'; delete u.isNullOrUndefined`,
        join(folder, 'bundle.mjs'),
      ],
      { env: { ...process.env, RANKLOOP_ENGINE: 'native' } },
    );
    expect(stdout.trim()).toMatch(/^native /);
  });

  it('is an error, not a slower engine, where it is forced and missing', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'rankloop-engines-'));
    try {
      await expect(start({ RANKLOOP_ENGINE: 'native', RANKLOOP_ENGINE_DIR: empty })).rejects.toThrow(
        'RANKLOOP_ENGINE is native, which does not work here: it is not set up. Run: npm run engine',
      );
    } finally {
      await rm(empty, { recursive: true });
    }
  });
});
