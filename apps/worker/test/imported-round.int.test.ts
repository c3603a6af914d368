import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { importLines, startImport, startRound } from '@rankloop/core';
import { openImportFile } from '@rankloop/datasets';
import { openQueues, prepareQueues } from '@rankloop/jobs';
import { createTestDatabase, eventually, type TestDatabase } from '@rankloop/testkit';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorker, type Worker } from '../src/worker.ts';
import { freshDataDir, makeTinyProject } from './tiny-project.ts';

const namespace = `imported_${randomBytes(5).toString('hex')}`;
let database: TestDatabase;
let dataDir: string;
let worker: Worker | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await freshDataDir();
  await prepareQueues({ kind: 'postgres', url: database.url }, namespace);
});
afterAll(async () => {
  await worker?.stop();
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Pairs of transcripts with several turns, capitals, accents and emoji; some longer than the model's context. */
function transcripts(rows: number): string[] {
  return Array.from({ length: rows }, (_, i) => {
    const turns = `\n\nHuman: Wie geht's, number ${i}? 🌧\n\nAssistant: ${'well enough, thank you. '.repeat(1 + (i % 4))}`;
    const asked = `${turns}\n\nHuman: and now?\n\nAssistant:`;
    return JSON.stringify({
      chosen: `${asked} better, thanks to you.`,
      rejected: i === 3 ? asked : `${asked} no.`,
    });
  });
}

test('a reward model and a policy train on imported conversations with human choices', async () => {
  const { db } = database;
  const project = await makeTinyProject(db.prisma, dataDir, { tasks: 0 });
  const { projectId } = project;
  const actor = { userId: project.researcherId };
  const file = await openImportFile(Readable.from([Buffer.from(transcripts(24).join('\n'))]));
  const made = { fileName: 'pairs.jsonl', format: file.format, withJudgements: true, totalBytes: null };
  const { row, context } = await startImport({ db, actor, projectId, ...made });
  await importLines({ db, importId: row.id, context, lines: file.lines, bytesRead: file.bytesRead });

  const { id: roundId } = await startRound({ prisma: db.prisma, projectId, actor, config: project.config });
  const queues = openQueues({ backend: { kind: 'postgres', url: database.url }, namespace });
  const logger = pino({ level: 'silent' });
  worker = await startWorker({ db, queues, dataDir, logger, isDemo: false, apiOrigin: undefined });
  const round = await eventually(
    async () => {
      const found = await db.prisma.round.findUniqueOrThrow({
        where: { id: roundId },
        include: { checkpoints: true },
      });
      return found.endedAt && found;
    },
    { timeoutMs: 170_000, what: 'the end of the round', intervalMs: 100 },
  );
  expect(round).toMatchObject({ state: 'succeeded', reason: null });
  expect(round.checkpoints.map(({ kind }) => kind).sort()).toEqual(['policy', 'reward']);
  expect(round.summary).toMatchObject({ judgements: 24 });
});
