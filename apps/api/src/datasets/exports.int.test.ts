import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { ClaimAnswer, ExportFormat, ExportManifest, SnapshotView } from '@rankloop/contracts';
import { createProject, createTask, eventually } from '@rankloop/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Asker, startTestApp, type TestApp } from '../../test/start-test-app.ts';
import { originOf } from '../../test/upload.ts';

let app: TestApp;
let admin: Asker;
let labeler: Asker;
let projectId: string;
let snapshot: string;

const FORM = {
  ranking: { allowTies: true, allowPartial: true },
  ratings: {
    dimensions: [{ id: 'overall', label: 'Overall', help: '', scale: 'thumbs' as const, required: true }],
  },
  correction: { required: false },
};

beforeAll(async () => {
  app = await startTestApp();
  const { prisma } = app.db;
  const { project, form } = await createProject(prisma, { form: FORM });
  projectId = project.id;
  admin = await app.createMemberAsker(projectId, 'admin');
  labeler = await app.createMemberAsker(projectId, 'labeler');
  for (let i = 0; i < 3; i++) {
    await createTask(prisma, { projectId, formVersionId: form.id, outputs: 3 });
    const claimed = await app.send({
      method: 'POST',
      path: `/projects/${projectId}/claim`,
      as: labeler,
      body: {},
    });
    const { task } = ClaimAnswer.parse(claimed.json());
    const [a = '', b = '', c = ''] = task?.outputs.map(({ id }) => id) ?? [];
    const sent = await app.send({
      method: 'PUT',
      path: `/projects/${projectId}/leases/${task?.leaseId ?? ''}/judgement`,
      as: labeler,
      body: {
        outcome: 'ok',
        ranks: { [a]: 1, [b]: 2, [c]: 2 },
        scores: { [a]: { overall: 1 }, [b]: { overall: 0 }, [c]: { overall: 0 } },
        edits: { [c]: `Mended “${i}” 🙂` },
        activeMs: 900,
      },
    });
    expect(sent.statusCode).toBe(200);
  }
  await repeatJudgement(projectId, 900);
  const made = await app.send({
    method: 'POST',
    path: `/projects/${projectId}/snapshots`,
    as: await app.createMemberAsker(projectId, 'researcher'),
    body: {},
  });
  expect(made.statusCode).toBe(201);
  snapshot = `/projects/${projectId}/snapshots/${SnapshotView.parse(made.json()).id}`;
});
afterAll(() => app.close());

/** More rows than an export holds in memory at a time: one judgement, many times, under leases of their own. */
async function repeatJudgement(projectId: string, times: number): Promise<void> {
  const { prisma } = app.db;
  const { leaseId, taskId, labelerId, shownOrder, formVersionId } = await prisma.judgement.findFirstOrThrow({
    where: { projectId },
  });
  const { expiresAt } = await prisma.lease.findUniqueOrThrow({ where: { id: leaseId } });
  const leases = await prisma.lease.createManyAndReturn({
    data: Array.from({ length: times }, () => ({
      projectId,
      taskId,
      labelerId,
      shownOrder,
      expiresAt,
      state: 'released' as const,
    })),
  });
  const [first = ''] = shownOrder;
  await prisma.judgement.createMany({
    data: leases.map((lease) => ({
      leaseId: lease.id,
      revision: 1,
      projectId,
      taskId,
      labelerId,
      source: 'person' as const,
      outcome: 'ok' as const,
      shownOrder,
      ranks: Object.fromEntries(shownOrder.map((id) => [id, id === first ? 1 : 2])),
      comment: 'A comment that takes up some room in the download. '.repeat(20),
      activeMs: 5,
      formVersionId,
      bodyHash: lease.id,
    })),
  });
}

/** What node says of an answer that ends before its end; a fault in the first lines comes before any answer. */
const BROKEN_OFF = /aborted|socket hang up|ECONNRESET|answered 500/;

/** A download over a real connection. @returns its size in bytes; rejects when it breaks off */
async function downloadOf(path: string, headers: Record<string, string>): Promise<number> {
  const sent = request(`${await originOf(app)}/api/v1${path}`, {
    headers: { ...headers, host: 'rankloop.test' },
  }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`answered ${String(response.statusCode)}`);
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) bytes += chunk.length;
  return bytes;
}

const get = (path: string, as = admin) => app.send({ path: `${snapshot}${path}`, as });

describe.each(ExportFormat.options)('%s', (format) => {
  test('the download is what its manifest says, compressed or not', async () => {
    const manifest = ExportManifest.parse((await get(`/manifest?format=${format}`)).json());
    expect(manifest.rows).toBeGreaterThan(0);
    const plain = await get(`/export?format=${format}`);
    const bytes = plain.rawPayload;
    expect(plain.headers['content-disposition']).toMatch(
      /^attachment; filename="[0-9a-f]{12}-[a-z-]+\.jsonl"$/,
    );
    expect(bytes.length).toBe(manifest.bytes);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(manifest.sha256);
    expect(bytes.toString().trimEnd().split('\n')).toHaveLength(manifest.rows);
    const packed = await get(`/export?format=${format}&gzip=true`);
    expect(packed.headers['content-disposition']).toContain('.jsonl.gz"');
    expect(gunzipSync(packed.rawPayload).equals(bytes)).toBe(true);
  });

  test('no account leaves with it', async () => {
    const { body } = await get(`/export?format=${format}`);
    for (const secret of [labeler.email, labeler.userId, admin.email]) expect(body).not.toContain(secret);
  });
});

test('an export is written down, and only an admin can make one', async () => {
  const events = await app.db.prisma.auditEvent.count({ where: { action: 'snapshot.exported' } });
  await get('/export?format=judgements');
  expect(await app.db.prisma.auditEvent.count({ where: { action: 'snapshot.exported' } })).toBe(events + 1);
  expect((await get('/export?format=judgements', labeler)).statusCode).toBe(403);
  expect((await get('/export?format=csv')).json()).toMatchObject({
    status: 400,
    issues: [{ path: '/format' }],
  });
});

describe('a snapshot whose rows were changed behind its back breaks the download instead of shortening it', () => {
  test.each([
    [
      'a text',
      `UPDATE completion SET text = text || '!' WHERE id = (SELECT c.id FROM completion c LIMIT 1)`,
      `UPDATE completion SET text = rtrim(text, '!')`,
    ],
    [
      'the last judgement',
      `UPDATE judgement SET comment = comment || '!' WHERE id = (${lastJudgement()})`,
      `UPDATE judgement SET comment = rtrim(comment, '!')`,
    ],
    [
      'a lost row',
      `UPDATE snapshot_judgement SET position = position + 100000 WHERE "judgementId" = (${lastJudgement()});
      CREATE TABLE lost AS SELECT * FROM snapshot_judgement WHERE position > 100000; DELETE FROM snapshot_judgement WHERE position > 100000`,
      `INSERT INTO snapshot_judgement SELECT * FROM lost; UPDATE snapshot_judgement SET position = position - 100000 WHERE position > 100000; DROP TABLE lost`,
    ],
  ])('%s', async (_name, tamper, mend) => {
    await behindTheBack(tamper);
    try {
      for (const gzip of [false, true]) {
        const path = `${snapshot}/export?format=judgements&gzip=${gzip}`;
        const { headers } = await app.tokenOf(admin, ['export']);
        await expect(downloadOf(path, headers)).rejects.toThrow(BROKEN_OFF);
      }
    } finally {
      await behindTheBack(mend);
    }
    expect((await get('/export?format=judgements')).statusCode).toBe(200);
  });
});

test('a download breaks off when the person who asked for it is an admin no longer', async () => {
  const { prisma, pool } = app.db;
  const leaving = await app.createMemberAsker(projectId, 'admin');
  const { headers } = await app.tokenOf(leaving, ['export']);
  const holder = await pool.connect();
  await holder.query('BEGIN; LOCK TABLE completion IN ACCESS EXCLUSIVE MODE');
  const download = downloadOf(`${snapshot}/export?format=judgements`, headers);
  download.catch(() => undefined);
  const isHeldUp = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
  await eventually(async () => (await pool.query(isHeldUp)).rowCount === 1, { what: 'the held up download' });
  await prisma.membership.updateMany({ where: { userId: leaving.userId }, data: { role: 'labeler' } });
  await holder.query('COMMIT');
  holder.release();
  await expect(download).rejects.toThrow(BROKEN_OFF);
});

/** The database itself refuses such changes: these come past its triggers. */
async function behindTheBack(sql: string): Promise<void> {
  await app.db.pool.query(`BEGIN; SET LOCAL session_replication_role = replica; ${sql}; COMMIT`);
}

function lastJudgement(): string {
  return `SELECT "judgementId" FROM snapshot_judgement ORDER BY position DESC LIMIT 1`;
}
