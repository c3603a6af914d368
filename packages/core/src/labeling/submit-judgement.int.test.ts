import { AppError, type JudgementBody } from '@rankloop/contracts';
import { createDb, type Db } from '@rankloop/db';
import {
  createMember,
  createProject,
  createTask,
  createTestDatabase,
  type TestDatabase,
} from '@rankloop/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimTask } from './claim-task.ts';
import { getOwnLease } from './get-own-lease.ts';
import { releaseLease } from './release-lease.ts';
import { renewLease } from './renew-lease.ts';
import { reviseJudgement } from './revise-judgement.ts';
import { submitJudgement } from './submit-judgement.ts';

const LEASE_TTL_MS = 600_000;

let database: TestDatabase;
let second: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  second = createDb({ url: database.url, max: 5 });
});
afterAll(async () => {
  await second.close();
  await database.close();
});

/** A project with one task that needs `need` judgements, and people to do it. */
async function setUp(options: { need?: number; people?: number; editWindowMs?: number } = {}) {
  const { need = 1, people = 2, editWindowMs = 3_600_000 } = options;
  const { prisma, pool } = database.db;
  const { project, form } = await createProject(prisma, { editWindowMs });
  const { task } = await createTask(prisma, {
    projectId: project.id,
    formVersionId: form.id,
    outputs: 3,
    need,
  });
  const labelers: string[] = [];
  for (let i = 0; i < people; i++) labelers.push((await createMember(prisma, project.id, 'labeler')).id);
  const claim = (labelerId: string, holding: string[] = []) =>
    claimTask({ pool, projectId: project.id, labelerId, holding, leaseTtlMs: LEASE_TTL_MS });
  const mustClaim = async (labelerId: string) => {
    const { task: leased } = await claim(labelerId);
    if (!leased) throw new Error('nothing to claim');
    const key = { leaseId: leased.leaseId, labelerId, projectId: project.id };
    return { leased, key, body: ranking(leased.outputs.map((output) => output.id)) };
  };
  const [anna = '', bert = ''] = labelers;
  return { project, task, anna, bert, claim, mustClaim };
}

function ranking(ids: readonly string[]): JudgementBody {
  return {
    outcome: 'ok',
    ranks: Object.fromEntries(ids.map((id, index) => [id, index + 1])),
    activeMs: 1200,
  };
}

const skip: JudgementBody = { outcome: 'skipped', skipReason: 'unclear', activeMs: 10 };

function expire(leaseId: string) {
  return database.db.pool.query(
    `UPDATE "slot" SET "leaseExpiresAt" = clock_timestamp() - interval '1 second' WHERE "leaseId" = $1`,
    [leaseId],
  );
}

async function countRows(leaseId: string): Promise<number> {
  return database.db.prisma.judgement.count({ where: { leaseId } });
}

async function slotStates(taskId: string): Promise<string[]> {
  const slots = await database.db.prisma.slot.findMany({ where: { taskId }, orderBy: { id: 'asc' } });
  return slots.map((slot) => slot.state);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => new Error('was accepted'),
    (reason: unknown) => reason,
  );
  return error instanceof AppError ? error.code : String(error);
}

describe('submit', () => {
  test('five copies of one submit on two instances make one row and get one answer', async () => {
    for (let round = 0; round < 20; round++) {
      const { anna, mustClaim, task } = await setUp();
      const { key, body } = await mustClaim(anna);
      const answers = await Promise.all(
        [database.db, second, database.db, second, database.db].map(({ pool }) =>
          submitJudgement({ pool, ...key, body }),
        ),
      );
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(answers[0]?.counts).toBe(true);
      expect(await countRows(key.leaseId)).toBe(1);
      expect(await slotStates(task.id)).toEqual(['done']);
    }
  });

  test('the same body sent later gets the stored answer, another body is refused', async () => {
    const { anna, mustClaim } = await setUp();
    const { key, body } = await mustClaim(anna);
    const first = await submitJudgement({ pool: database.db.pool, ...key, body });
    expect(await submitJudgement({ pool: second.pool, ...key, body })).toEqual(first);
    const other = submitJudgement({ pool: database.db.pool, ...key, body: { ...body, comment: 'changed' } });
    expect(await codeOf(other)).toBe('judgement_differs');
    expect(await countRows(key.leaseId)).toBe(1);
  });

  test('an expired lease whose slot nobody took still counts', async () => {
    const { anna, mustClaim, task } = await setUp();
    const { key, body } = await mustClaim(anna);
    await expire(key.leaseId);
    expect((await submitJudgement({ pool: database.db.pool, ...key, body })).counts).toBe(true);
    expect(await slotStates(task.id)).toEqual(['done']);
  });

  test('an expired lease whose slot was retaken is kept as surplus, and the other person still counts', async () => {
    const { anna, bert, mustClaim, task } = await setUp();
    const mine = await mustClaim(anna);
    await expire(mine.key.leaseId);
    const theirs = await mustClaim(bert);
    expect((await submitJudgement({ pool: database.db.pool, ...mine.key, body: mine.body })).counts).toBe(
      false,
    );
    expect((await submitJudgement({ pool: database.db.pool, ...theirs.key, body: theirs.body })).counts).toBe(
      true,
    );
    expect(await slotStates(task.id)).toEqual(['done']);
  });

  test('an expired lease counts when the person who retook the slot gave it back', async () => {
    const { anna, bert, mustClaim } = await setUp();
    const mine = await mustClaim(anna);
    await expire(mine.key.leaseId);
    const theirs = await mustClaim(bert);
    await releaseLease({ pool: database.db.pool, ...theirs.key });
    expect((await submitJudgement({ pool: database.db.pool, ...mine.key, body: mine.body })).counts).toBe(
      true,
    );
  });

  test("somebody else's lease does not exist for me", async () => {
    const { anna, bert, mustClaim } = await setUp();
    const { key, body } = await mustClaim(anna);
    const theft = submitJudgement({ pool: database.db.pool, ...key, labelerId: bert, body });
    expect(await codeOf(theft)).toBe('not_found');
    const elsewhere = await setUp();
    const wrongProject = submitJudgement({
      pool: database.db.pool,
      ...key,
      projectId: elsewhere.project.id,
      body,
    });
    expect(await codeOf(wrongProject)).toBe('not_found');
  });

  test('submit and retake at the same moment leave one counted judgement at most per slot', async () => {
    for (let round = 0; round < 25; round++) {
      const { anna, bert, mustClaim, claim, task } = await setUp();
      const mine = await mustClaim(anna);
      await expire(mine.key.leaseId);
      const [answer, retake] = await Promise.all([
        submitJudgement({ pool: database.db.pool, ...mine.key, body: mine.body }),
        claim(bert),
      ]);
      const counted = (answer.counts ? 1 : 0) + (retake.task ? 1 : 0);
      expect(counted).toBe(1);
      expect(await slotStates(task.id)).toEqual([answer.counts ? 'done' : 'leased']);
    }
  });

  test('a skip frees the slot for others and does not come back to the same person', async () => {
    const { anna, bert, mustClaim, claim, task } = await setUp();
    const { key } = await mustClaim(anna);
    expect((await submitJudgement({ pool: database.db.pool, ...key, body: skip })).counts).toBe(false);
    expect(await slotStates(task.id)).toEqual(['free']);
    expect((await claim(anna)).task).toBeNull();
    expect((await claim(bert)).task?.taskId).toBe(task.id);
  });

  test('foreign, missing and gapped ranks are refused by field and nothing is written', async () => {
    const { anna, mustClaim } = await setUp();
    const { key, leased } = await mustClaim(anna);
    const [a = '', b = '', c = ''] = leased.outputs.map((output) => output.id);
    const foreign = '00000000-0000-4000-8000-000000000000';
    const bad: Record<string, JudgementBody['ranks']> = {
      [`/ranks/${foreign}`]: { [a]: 1, [b]: 2, [c]: 3, [foreign]: 4 },
      [`/ranks/${c}`]: { [a]: 1, [b]: 2 },
      '/ranks': { [a]: 1, [b]: 3, [c]: 4 },
    };
    for (const [path, ranks] of Object.entries(bad)) {
      const attempt = submitJudgement({
        pool: database.db.pool,
        ...key,
        body: { outcome: 'ok', ranks, activeMs: 1 },
      });
      const error = await attempt.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(AppError);
      expect(error instanceof AppError && error.options.issues?.map((issue) => issue.path)).toContain(path);
    }
    expect(await countRows(key.leaseId)).toBe(0);
  });
});

describe('claim', () => {
  test('a reload gives the same task again, a prefetch gives another one', async () => {
    const { anna, claim, project, task } = await setUp();
    const { form } = await createProject(database.db.prisma);
    const next = await createTask(database.db.prisma, { projectId: project.id, formVersionId: form.id });
    const first = await claim(anna);
    expect((await claim(anna)).task?.leaseId).toBe(first.task?.leaseId);
    const prefetched = await claim(anna, [first.task?.leaseId ?? '']);
    expect([first.task?.taskId, prefetched.task?.taskId]).toEqual([task.id, next.task.id]);
  });

  test('a person never gets two slots of one task, not even from two tabs at once', async () => {
    for (let round = 0; round < 20; round++) {
      const { anna, claim } = await setUp({ need: 3 });
      const tabs = await Promise.all([claim(anna), claim(anna), claim(anna), claim(anna)]);
      const leases = await database.db.prisma.lease.count({ where: { labelerId: anna } });
      expect(leases).toBe(1);
      expect(new Set(tabs.flatMap(({ task }) => (task ? [task.taskId] : []))).size).toBe(1);
    }
  });

  test('"nothing left" says what others hold and when it may return', async () => {
    const { anna, bert, mustClaim, claim } = await setUp();
    const { leased } = await mustClaim(anna);
    expect(await claim(bert)).toEqual({ task: null, withOthers: 1, mayReturnAt: leased.expiresAt });
  });

  test('a renewed lease runs longer and a lost one says so', async () => {
    const { anna, bert, mustClaim } = await setUp();
    const { key, leased } = await mustClaim(anna);
    const { expiresAt } = await renewLease({ pool: database.db.pool, ...key });
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.parse(leased.expiresAt));
    await expire(key.leaseId);
    await mustClaim(bert);
    expect(await codeOf(renewLease({ pool: database.db.pool, ...key }))).toBe('conflict');
  });

  test('outputs are shown in the order stored with the lease', async () => {
    const { anna, mustClaim } = await setUp();
    const { key, leased } = await mustClaim(anna);
    const again = await getOwnLease({ db: database.db, ...key });
    expect(again.task.outputs).toEqual(leased.outputs);
    expect(again.answer).toBeNull();
  });
});

describe('revise', () => {
  test('an edit is a new revision, the first stays, and a repeat of either gets its own answer', async () => {
    const { anna, mustClaim } = await setUp();
    const { key, body } = await mustClaim(anna);
    const { pool } = database.db;
    const first = await submitJudgement({ pool, ...key, body });
    const edited = { ...body, comment: 'second thought' };
    const edit = { pool, ...key, body: edited, revision: 1, now: new Date() };
    const revised = await reviseJudgement(edit);
    expect(revised).toMatchObject({ revision: 2, counts: true });
    expect(await reviseJudgement(edit)).toEqual(revised);
    expect(await submitJudgement({ pool, ...key, body })).toEqual(first);
    expect(await countRows(key.leaseId)).toBe(2);
    expect((await getOwnLease({ db: database.db, ...key })).answer).toEqual(edited);
  });

  test('two tabs that edit the same revision: one wins, the other is told', async () => {
    const { anna, mustClaim } = await setUp();
    const { key, body } = await mustClaim(anna);
    const { pool } = database.db;
    await submitJudgement({ pool, ...key, body });
    const edit = (comment: string, on: Db) =>
      reviseJudgement({ pool: on.pool, ...key, body: { ...body, comment }, revision: 1, now: new Date() });
    const outcomes = await Promise.allSettled([edit('one', database.db), edit('two', second)]);
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await countRows(key.leaseId)).toBe(2);
  });

  test('an answer that was kept beside a newer lease of its person can still be edited', async () => {
    const { anna, bert, mustClaim } = await setUp();
    const { pool } = database.db;
    const old = await mustClaim(anna);
    await expire(old.key.leaseId);
    await releaseLease({ pool, ...(await mustClaim(bert)).key });
    const newer = await mustClaim(anna);
    expect(newer.leased.taskId).toBe(old.leased.taskId);
    expect((await submitJudgement({ pool, ...old.key, body: old.body })).counts).toBe(false);
    const edit = { pool, ...old.key, body: { ...old.body, comment: 'edited' }, revision: 1, now: new Date() };
    expect(await reviseJudgement(edit)).toMatchObject({ revision: 2, counts: false });
    expect((await submitJudgement({ pool, ...newer.key, body: newer.body })).counts).toBe(true);
  });

  test('after the edit window the answer stays as it is', async () => {
    const { anna, mustClaim } = await setUp({ editWindowMs: 1000 });
    const { key, body } = await mustClaim(anna);
    const { pool } = database.db;
    await submitJudgement({ pool, ...key, body });
    const late = {
      pool,
      ...key,
      body: { ...body, comment: 'late' },
      revision: 1,
      now: new Date(Date.now() + 5000),
    };
    expect(await codeOf(reviseJudgement(late))).toBe('edit_window_over');
  });

  test('a skip turned into an answer takes its slot back when it is free', async () => {
    const { anna, mustClaim, task } = await setUp();
    const { key, body } = await mustClaim(anna);
    const { pool } = database.db;
    await submitJudgement({ pool, ...key, body: skip });
    const answer = await reviseJudgement({ pool, ...key, body, revision: 1, now: new Date() });
    expect(answer).toMatchObject({ revision: 2, counts: true });
    expect(await slotStates(task.id)).toEqual(['done']);
  });

  test('stored judgements cannot be changed, not even by hand-written SQL', async () => {
    const { anna, mustClaim } = await setUp();
    const { key, body } = await mustClaim(anna);
    await submitJudgement({ pool: database.db.pool, ...key, body });
    const update = database.db.pool.query('UPDATE "judgement" SET "comment" = $1 WHERE "leaseId" = $2', [
      'x',
      key.leaseId,
    ]);
    await expect(update).rejects.toThrow('immutable');
  });
});
