import { Readable } from 'node:stream';
import { importLines, startImport, startRound } from '@rankloop/core';
import { openImportFile } from '@rankloop/datasets';
import { eventually, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRunningWorker, type RunningWorker } from './running-worker.ts';
import { makeTinyProject } from './tiny-project.ts';

let running: RunningWorker;
let database: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  running = await startRunningWorker();
  ({ database, dataDir } = running);
});
afterAll(() => running.close());

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
