import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  findProgress,
  removeProgress,
  storeProgress,
  unfinishedProgress,
  type StageProgress,
} from './stage-progress.ts';

let dataDir: string;
let of: StageProgress;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rankloop-progress-'));
  of = { dataDir, roundId: randomUUID(), stage: 'ppo' };
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

async function save(step: number, whose = of, weights = `weights after ${step}`): Promise<void> {
  const folder = join(unfinishedProgress(dataDir), randomUUID());
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'state.json'), `{"step":${step}}`);
  await writeFile(join(folder, 'state.safetensors'), weights);
  await storeProgress(whose, folder, step);
}
const stepIn = async (folder: string | null) =>
  folder === null ? null : (JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')) as unknown);
const found = async (whose = of) => stepIn((await findProgress(whose)).folder);

test('the newest state is found, and of older ones only the last stays', async () => {
  for (const step of [8, 9, 10]) await save(step);
  expect(await found()).toEqual({ step: 10 });
  expect((await readdir(join(dataDir, 'progress'))).length).toBe(1 + 2);
  expect(await readdir(unfinishedProgress(dataDir))).toEqual([]);
});

test('of the states within one step the last is found, whatever they hash to', async () => {
  await save(2);
  for (let i = 0; i < 12; i++) {
    await save(3, of, `weights within, ${i}`);
    const { folder } = await findProgress(of);
    expect(await readFile(join(folder ?? '', 'state.safetensors'), 'utf8')).toBe(`weights within, ${i}`);
  }
  expect((await readdir(join(dataDir, 'progress'))).length).toBe(1 + 2);
});

test('states of another stage or round are neither found nor removed', async () => {
  const other = { ...of, stage: 'ppo-2' };
  await save(1);
  await save(2, other);
  await save(3, { ...of, roundId: randomUUID() });
  expect(await found()).toEqual({ step: 1 });
  await removeProgress(of);
  expect(await found()).toBeNull();
  expect(await found(other)).toEqual({ step: 2 });
});

const damages: Record<string, (path: string) => Promise<void>> = {
  'cut short': (path) => truncate(path, 5),
  flipped: async (path) => {
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(3) ^ 1, 3);
    await writeFile(path, bytes);
  },
  gone: (path) => rm(path),
};
test.each(
  ['state.json', 'state.safetensors', 'manifest.json'].flatMap((file) =>
    Object.keys(damages).map((kind) => ({ file, kind })),
  ),
)('a state whose $file is $kind is refused, and the one before is taken', async ({ file, kind }) => {
  await save(1);
  await save(2);
  const { folder } = await findProgress(of);
  await damages[kind]?.(join(folder ?? '', file));
  const after = await findProgress(of);
  expect(await stepIn(after.folder)).toEqual({ step: 1 });
  expect(after.damage).toHaveLength(1);
  expect(after.damage[0]).toContain('saved on the way');
});
