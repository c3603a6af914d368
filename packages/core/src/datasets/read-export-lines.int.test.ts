import type { JudgementBody } from '@rankloop/contracts';
import {
  createMember,
  createProject,
  createTask,
  createTestDatabase,
  type TestDatabase,
} from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimTask } from '../labeling/claim-task.ts';
import { reviseJudgement } from '../labeling/revise-judgement.ts';
import { submitJudgement } from '../labeling/submit-judgement.ts';
import { createSnapshot } from '../snapshots/create-snapshot.ts';
import { getSnapshotRow, readExportLines, type ExportLine } from './read-export-lines.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

type Answer = (ids: readonly string[]) => JudgementBody;

/** Judges one task, sends it, and gives the frozen lines. */
async function exportOf(
  options: Parameters<typeof createProject>[1],
  outputs: readonly string[],
  answers: Answer[],
) {
  const { prisma, pool } = database.db;
  const { project, form } = await createProject(prisma, options);
  const person = await createMember(prisma, project.id, 'labeler');
  const { completionIds } = await createTask(prisma, {
    projectId: project.id,
    formVersionId: form.id,
    outputs,
  });
  const key = { projectId: project.id, labelerId: person.id };
  const { task } = await claimTask({ pool, ...key, holding: [], leaseTtlMs: 600_000 });
  const leaseId = task?.leaseId ?? '';
  for (const [i, answer] of answers.entries()) {
    const body = answer(completionIds);
    if (i === 0) await submitJudgement({ pool, ...key, leaseId, body });
    else await reviseJudgement({ pool, ...key, leaseId, body, revision: i, now: new Date() });
  }
  const actor = { userId: person.id };
  const made = await createSnapshot({ prisma, actor, projectId: project.id });
  const lines: ExportLine[] = [];
  for await (const line of readExportLines(
    database.db,
    await getSnapshotRow(database.db, project.id, made.id),
  )) {
    lines.push(line);
  }
  return { lines, completionIds, person };
}

test('a tie gives no order between the tied outputs, and an unranked one none at all', async () => {
  const { lines } = await exportOf(
    {},
    ['a', 'b', 'c', 'd'],
    [
      ([a = '', b = '', c = '', d = '']) => ({
        outcome: 'ok',
        ranks: { [a]: 2, [b]: 1, [c]: 2, [d]: null },
        activeMs: 5,
      }),
    ],
  );
  expect(lines.map((line) => line.preferences.ranks)).toEqual([[2, 1, 2, null]]);
});

test('only the newest revision is exported, under a pseudonym', async () => {
  const rank =
    (comment: string): Answer =>
    ([a = '', b = '']) => ({
      outcome: 'ok',
      ranks: { [a]: 1, [b]: 2 },
      comment,
      activeMs: 5,
    });
  const { lines, person } = await exportOf({}, ['a', 'b'], [rank('first'), rank('second')]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ revision: 2, comment: 'second' });
  expect(JSON.stringify(lines.map(({ pseudonym }) => pseudonym))).not.toContain(person.email);
});

test('thumbs are given per output; a corrected text comes with the output it was made from', async () => {
  const form = {
    ratings: {
      dimensions: [{ id: 'overall', label: 'Overall', help: '', scale: 'thumbs' as const, required: true }],
    },
    correction: { required: false },
  };
  const { lines, completionIds } = await exportOf(
    { form },
    ['good', 'bad'],
    [
      ([a = '', b = '']) => ({
        outcome: 'ok',
        scores: { [a]: { overall: 1 }, [b]: { overall: 0 } },
        edits: { [b]: 'better' },
        activeMs: 5,
      }),
    ],
  );
  expect(lines[0]?.thumbs).toEqual([
    { outputId: completionIds[0], isUp: true },
    { outputId: completionIds[1], isUp: false },
  ]);
  expect(lines[0]?.preferences.edits).toEqual([{ output: 1, text: 'better' }]);
});
