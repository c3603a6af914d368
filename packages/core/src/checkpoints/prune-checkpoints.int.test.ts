import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RetentionSettings } from '@rankloop/contracts';
import type { Checkpoint } from '@rankloop/db';
import { createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { judgeNewTask, makeProject, type JudgedProject } from '../../test/judged-project.ts';
import { cancelRound, claimRound, retryRound, startRound } from '../rounds/index.ts';
import {
  exportCheckpoint,
  getCheckpoint,
  getCheckpointStorage,
  newCheckpointFolder,
  promoteCheckpoint,
  pruneByThemselves,
  pruneCheckpoints,
  recordCheckpoint,
  storeCheckpoint,
  sweepCheckpoints,
  updateRetention,
} from './index.ts';
import { CONTENTS } from './shared-files.ts';

const NOBODY = { userId: null };
const KEEP_LAST = RetentionSettings.parse({ keepLast: 1, keepBest: 0, keepPromoted: false });
/** The same for all: what checkpoints share. */
const TOKENIZER = randomBytes(100_000);

let database: TestDatabase;
let dataDir: string;
let project: JudgedProject;
beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'rankloop-prune-'));
});
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  project = await makeProject(database.db.prisma);
  for (let i = 0; i < 2; i++) await judgeNewTask(database.db.prisma, project);
});
const prisma = () => database.db.prisma;
const key = () => ({ prisma: prisma(), dataDir, projectId: project.projectId, actor: NOBODY });

/** A round under way that has made a policy. */
async function runRound(base = project.policyId ?? ''): Promise<{ roundId: string; made: Checkpoint }> {
  const { id: roundId, attempt } = await startRound({ ...key(), baseCheckpointId: base });
  await claimRound(prisma(), { roundId, attempt }, 'worker');
  const folder = await newCheckpointFolder(dataDir);
  await writeFile(join(folder, 'model.safetensors'), randomBytes(70_000));
  await writeFile(join(folder, 'tokenizer.json'), TOKENIZER);
  const made = await recordCheckpoint({
    prisma: prisma(),
    fence: { roundId, attempt },
    kind: 'policy',
    stage: 'ppo',
    isLast: true,
    stored: await storeCheckpoint(dataDir, folder, roundId),
    parentId: base,
    metrics: {},
  });
  return { roundId, made };
}
const end = (roundId: string) =>
  prisma().round.update({ where: { id: roundId }, data: { state: 'failed', endedAt: new Date() } });
async function endedRounds(count: number): Promise<Checkpoint[]> {
  const checkpoints: Checkpoint[] = [];
  for (let i = 0; i < count; i++) {
    const { roundId, made } = await runRound();
    await end(roundId);
    checkpoints.push(made);
  }
  return checkpoints;
}
const hasFiles = ({ folder }: Checkpoint) => existsSync(join(dataDir, folder));

test('pruning deletes the files that the settings do not keep; row, card and lineage stay, and the disk has the room', async () => {
  const [first, second, third] = await endedRounds(3);
  if (!first || !second || !third) throw new Error('Three rounds make three checkpoints.');
  await updateRetention({ ...key(), settings: KEEP_LAST });
  const before = await getCheckpointStorage(key());
  expect(before.due.items.map(({ id }) => id)).toEqual([first.id, second.id]);
  expect(before.storedBytes).toBe(before.bytes - 2 * TOKENIZER.length);

  const { items, freedBytes } = await pruneCheckpoints(key());
  expect(items.map(({ id }) => id)).toEqual([first.id, second.id]);
  // The shared tokenizer stays for the third.
  expect(freedBytes).toBe(140_000);
  expect([first, second, third].map(hasFiles)).toEqual([false, false, true]);
  const { checkpoint, lineageHash, files } = await getCheckpoint({ ...key(), checkpointId: first.id });
  expect(checkpoint.prunedAt).not.toBeNull();
  expect(lineageHash).toMatch(/^[0-9a-f]{64}$/);
  expect(files).toHaveLength(2);
  const after = await getCheckpointStorage(key());
  expect(after).toMatchObject({ pruned: { checkpoints: 2 }, due: { items: [] } });
  const audits = await prisma().auditEvent.findMany({
    where: { projectId: project.projectId, action: 'checkpoint.pruned' },
    orderBy: { id: 'asc' },
  });
  expect(audits.map(({ subjectId }) => subjectId)).toEqual([first.id, second.id]);
  expect(await pruneCheckpoints(key())).toEqual({ items: [], freedBytes: 0 });
});

test('what a round under way takes or has made stays, and so does the policy in use', async () => {
  const [base] = await endedRounds(2);
  if (!base) throw new Error('A round makes a checkpoint.');
  const { made } = await runRound(base.id);
  await endedInAnotherOrder();
  await updateRetention({ ...key(), settings: KEEP_LAST });
  const { items } = await pruneCheckpoints(key());
  expect(items.map(({ id }) => id)).not.toContain(base.id);
  expect(items.map(({ id }) => id)).not.toContain(made.id);
  expect(hasFiles(base) && hasFiles(made)).toBe(true);

  /** Newer checkpoints, so that age alone would let the others go. */
  async function endedInAnotherOrder() {
    const old = new Date(Date.now() - 3_600_000);
    await prisma().checkpoint.updateMany({
      where: { id: { in: [base?.id ?? '', made.id] } },
      data: { createdAt: old },
    });
  }
});

test('a checkpoint without files is refused wherever its files would be needed, with a sentence', async () => {
  const [first] = await endedRounds(2);
  if (!first) throw new Error('A round makes a checkpoint.');
  const { roundId } = await runRound(first.id);
  await cancelRound({ ...key(), roundId });
  await end(roundId);
  const latest = await prisma().checkpoint.findFirstOrThrow({ where: { roundId } });
  await updateRetention({ ...key(), settings: KEEP_LAST });
  await pruneCheckpoints(key());
  expect(hasFiles(latest)).toBe(true);
  const gone = /The files of .* were deleted on \d{4}-\d\d-\d\d to make room/;
  await expect(promoteCheckpoint({ ...key(), checkpointId: first.id })).rejects.toThrow(gone);
  await expect(startRound({ ...key(), baseCheckpointId: first.id })).rejects.toThrow(gone);
  await expect(retryRound({ ...key(), roundId })).rejects.toThrow(gone);
  await expect(
    exportCheckpoint({ ...key(), checkpoint: first.id, folder: join(dataDir, 'out') }),
  ).rejects.toThrow(gone);
});

test('whoever holds a checkpoint keeps it: pruning goes past it', async () => {
  const [first] = await endedRounds(2);
  if (!first) throw new Error('A round makes a checkpoint.');
  await updateRetention({ ...key(), settings: KEEP_LAST });
  await prisma().$transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM "checkpoint" WHERE "id" = ${first.id}::uuid FOR SHARE`;
    expect((await pruneCheckpoints(key())).items).toEqual([]);
  });
  expect((await pruneCheckpoints(key())).items.map(({ id }) => id)).toEqual([first.id]);
});

test('it happens by itself where the project says so, and nowhere else', async () => {
  const [first] = await endedRounds(2);
  if (!first) throw new Error('A round makes a checkpoint.');
  await updateRetention({ ...key(), settings: KEEP_LAST });
  await pruneByThemselves(prisma(), dataDir);
  expect(hasFiles(first)).toBe(true);
  await updateRetention({ ...key(), settings: { ...KEEP_LAST, isOn: true } });
  await pruneByThemselves(prisma(), dataDir);
  expect(hasFiles(first)).toBe(false);
});

test('whoever dies between the row and the files leaves folders that the sweep takes', async () => {
  const [first] = await endedRounds(1);
  if (!first) throw new Error('A round makes a checkpoint.');
  await prisma().checkpoint.update({ where: { id: first.id }, data: { prunedAt: new Date() } });
  expect(await sweepCheckpoints(prisma(), dataDir, 0)).toBeGreaterThan(0);
  expect(hasFiles(first)).toBe(false);
  const contents = await readdir(join(dataDir, CONTENTS));
  for (const name of contents) expect((await stat(join(dataDir, CONTENTS, name))).nlink).toBeGreaterThan(1);
});
