import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { newCheckpointFolder, storeCheckpoint } from '@rankloop/core';
import { createCheckpoint, createProject } from '@rankloop/testkit';
import { extract } from 'tar';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type Asker, type TestApp } from '../../test/start-test-app.ts';

let app: TestApp;
let scratch: string;
let researcher: Asker;
let projectId: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'rankloop-download-'));
  app = await startTestApp({ dataDir: join(scratch, 'data') });
  projectId = (await createProject(app.db.prisma)).project.id;
  researcher = await app.createMemberAsker(projectId, 'researcher');
});
afterAll(async () => {
  await app.close();
  await rm(scratch, { recursive: true, force: true });
});

/** A checkpoint with these files, and where its archive is. */
async function stored(files: Record<string, Buffer>) {
  const dataDir = join(scratch, 'data');
  const folder = await newCheckpointFolder(dataDir);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const content = await storeCheckpoint(dataDir, folder, 'any');
  const { id } = await createCheckpoint(app.db.prisma, { projectId });
  await app.db.prisma.checkpoint.update({ where: { id }, data: { ...content, name: 'Round 3, short: ✓' } });
  return {
    id,
    folder: join(dataDir, content.folder),
    path: `/projects/${projectId}/checkpoints/${id}/download`,
  };
}

test('a checkpoint leaves as a folder that is whole, with its card, and the audit trail says so', async () => {
  const files = { 'config.json': Buffer.from('{}'), 'model.safetensors': randomBytes(200_001) };
  const { id, path } = await stored(files);
  const answer = await app.send({ path, as: researcher });
  expect(answer.statusCode).toBe(200);
  expect(answer.rawPayload).toHaveLength(Number(answer.headers['content-length']));
  const name = /filename="(round-3-short-[0-9a-f]{8})\.tar"/.exec(
    String(answer.headers['content-disposition']),
  )?.[1];
  const out = await mkdtemp(join(scratch, 'out-'));
  await pipeline(Readable.from([answer.rawPayload]), extract({ cwd: out, strict: true }));
  const folder = join(out, name ?? '');
  expect((await readdir(folder)).sort()).toEqual(['README.md', 'config.json', 'model.safetensors']);
  for (const [file, content] of Object.entries(files))
    expect(await readFile(join(folder, file))).toEqual(content);
  const sha256 = createHash('sha256').update(files['model.safetensors']).digest('hex');
  expect(await readFile(join(folder, 'README.md'), 'utf8')).toContain(sha256);
  const audits = await app.db.prisma.auditEvent.findMany({ where: { subjectId: id } });
  expect(audits.map(({ action, actorId }) => [action, actorId])).toEqual([
    ['checkpoint.exported', researcher.userId],
  ]);
});

test('a file that was changed on the disk breaks the download instead of leaving', async () => {
  const { folder, path } = await stored({ 'model.safetensors': Buffer.from('weights') });
  await writeFile(join(folder, 'model.safetensors'), 'WEIGHTS');
  const answer = app.send({ path, as: researcher }).then(({ rawPayload, headers }) => {
    if (rawPayload.length !== Number(headers['content-length'])) throw new Error('cut short');
  });
  await expect(answer).rejects.toThrow();
  await rm(join(folder, 'model.safetensors'));
  expect((await app.send({ path, as: researcher })).statusCode).toBe(409);
});

test('one whose files were deleted is refused with a sentence', async () => {
  const { id, path } = await stored({ 'config.json': Buffer.from('{}') });
  await app.db.prisma.checkpoint.update({ where: { id }, data: { prunedAt: new Date() } });
  const answer = await app.send({ path, as: researcher });
  expect(answer.statusCode).toBe(409);
  expect(answer.body).toContain('were deleted on');
});
