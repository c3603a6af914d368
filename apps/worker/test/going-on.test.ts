import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DpoConfig } from '@rankloop/contracts';
import { CausalLm, useEngine, writeModelFolder } from '@rankloop/rl';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Beginning, FromChild, TrainingCommand } from '../src/training/messages.ts';
import { runCommand } from '../src/training/run-command.ts';
import { saveProgress } from '../src/training/save-progress.ts';
import { startTrainingProcess, TrainingLostError } from '../src/training/training-process.ts';
import { TINY_MODEL, TINY_TOKENIZER } from './tiny-model.ts';

// The engine that starts fastest, here and in the training processes.
process.env['RANKLOOP_ENGINE'] ??= 'wasm';

let folder: string;
let policyDir: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-going-on-'));
  policyDir = join(folder, 'policy');
  await useEngine();
  const model = CausalLm.random(TINY_MODEL, 1);
  await mkdir(policyDir);
  await writeModelFolder(policyDir, {
    config: TINY_MODEL,
    tensors: model.hostTensors(),
    tokenizerJson: TINY_TOKENIZER.json,
  });
  model.dispose();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const command = (outDir: string, beta = 0.1): TrainingCommand => ({
  kind: 'dpo',
  policyDir,
  outDir: join(folder, outDir),
  examples: Array.from({ length: 12 }, (_, i) => ({
    promptId: `prompt-${i}`,
    promptText: `${'abcdefghijkl'.charAt(i)}:`,
    completions: ['aba', 'zyz'],
    judgements: [{ id: `judgement-${i}`, ranks: [1, 2], weight: 1 }],
  })),
  heldOut: [],
  config: DpoConfig.parse({ batchPairs: 2, epochs: 2, learningRate: 1e-3, beta }),
  seed: 1,
});

/** One life of a training, to its end or until it is killed after a step. */
async function live(
  work: TrainingCommand,
  { goOnFrom = null, killAfter = Infinity }: { goOnFrom?: string | null; killAfter?: number } = {},
) {
  const trace = new Map<number, Record<string, number>>();
  const begun: Beginning[] = [];
  let saved: string | null = null;
  const training = await startTrainingProcess();
  const end = await training
    .run(work, z.unknown(), {
      progress: { folder: join(folder, 'unfinished'), goOnFrom, everyMs: 0 },
      onMetrics: (step, _total, values) => void trace.set(step, values),
      onBegun: ({ step, refusal, differences }) => void begun.push({ step, refusal, differences }),
      onSaved: (step, dir) => {
        saved = dir;
        if (step >= killAfter) process.kill(training.pid, 'SIGKILL');
      },
    })
    .catch((error: unknown) => error);
  await training.stop();
  return { trace, begun, saved, wasKilled: end instanceof TrainingLostError };
}

test('a training process that is killed goes on in a new one, bit for bit', async () => {
  const whole = new Map<number, Record<string, number>>();
  await runCommand(command('whole'), {
    onMetrics: (step, _total, values) => void whole.set(step, values),
    onSamples: () => undefined,
    onText: () => undefined,
  });
  const killed = await live(command('killed'), { killAfter: 5 });
  expect(killed.wasKilled).toBe(true);
  const rest = await live(command('rest'), { goOnFrom: killed.saved });
  const [beginning] = rest.begun;
  expect(beginning).toEqual({ step: expect.any(Number) as number, refusal: null, differences: [] });
  expect(beginning?.step).toBeGreaterThanOrEqual(5);
  expect([...rest.trace.keys()][0]).toBe((beginning?.step ?? 0) + 1);
  expect([...new Map([...killed.trace, ...rest.trace])]).toEqual([...whole]);
  const weights = (outDir: string) => readFile(join(folder, outDir, 'model.safetensors'));
  expect((await weights('rest')).equals(await weights('whole'))).toBe(true);
}, 240_000);

/** What a training with these settings and this engine says of a state that `command()` saved on wasm. */
async function look(work: TrainingCommand, engine: string): Promise<Beginning[]> {
  const said: Beginning[] = [];
  const say = (message: FromChild) => {
    if (message.type === 'saved') saved = message.folder;
    if (message.type === 'begun') said.push(message);
  };
  let saved = '';
  const of = (goOnFrom: string | null) => ({ folder: join(folder, 'unfinished'), goOnFrom, everyMs: 0 });
  const wasm = { name: 'wasm', threads: 1 };
  const earlier = saveProgress({ settings: of(null), command: command('x'), engine: wasm, say });
  await earlier.save({ step: 3, parts: new Map() });
  const later = saveProgress({ settings: of(saved), command: work, engine: { ...wasm, name: engine }, say });
  const found = await later.find();
  later.begin(found?.step ?? 0);
  return said;
}

test('a state of other settings is refused, one of another engine is used and that is said', async () => {
  expect(await look(command('y', 0.2), 'wasm')).toMatchObject([
    { step: 0, refusal: 'It was saved with other settings or other data.' },
  ]);
  expect(await look(command('y'), 'native')).toMatchObject([
    { step: 3, refusal: null, differences: ['engine'] },
  ]);
});

test('what cannot be read is refused, and what cannot be written ends nothing', async () => {
  const said: FromChild[] = [];
  const progress = saveProgress({
    settings: { folder: join(policyDir, 'config.json'), goOnFrom: policyDir, everyMs: 0 },
    command: command('x'),
    engine: { name: 'wasm', threads: 1 },
    say: (message) => void said.push(message),
  });
  expect(await progress.find()).toBeNull();
  progress.begin(0);
  await progress.save({ step: 1, parts: new Map() });
  expect(said).toMatchObject([
    { type: 'begun', step: 0, refusal: expect.stringContaining('state.json') as string },
    { type: 'unsaved', reason: expect.stringContaining('ENOTDIR') as string },
  ]);
});
