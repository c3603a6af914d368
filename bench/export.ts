import { createSnapshot } from '@rankloop/core';
import { createMember } from '@rankloop/testkit';
import { makeToken, peakMegabytes, transfer } from './datasets/transfer.ts';
import { type BenchServer, startBenchServer } from './labeling/server.ts';
import { makeProject } from './labeling/world.ts';
import { between } from './lib/bar.ts';
import { type Report, startReport } from './lib/report.ts';

/**
 * A project of 20,000 tasks leaves over HTTP as full judgements: where Label Studio 1.23 sent nothing for 32.8 s and held
 * 477 MB.
 */
const TASKS = 20_000;
const LABEL_STUDIO = { name: 'Label Studio 1.23.2', source: 'recorded' as const };

const report = startReport({ name: 'export' });
const server = await startBenchServer();
try {
  for (const judgements of [2874, TASKS]) await measure(server, report, judgements);
  const rival = { ...LABEL_STUDIO, value: 477 };
  report.add({
    figure: 'peak memory of the server',
    unit: 'MB',
    value: peakMegabytes(server.apiPid()),
    rival,
  });
} finally {
  await server.close();
}
report.finish();

async function measure(server: BenchServer, report: Report, judgements: number): Promise<void> {
  const { db } = server;
  const projectId = await makeProject(db, TASKS, 1);
  await judge(server, projectId, judgements);
  const snapshot = await createSnapshot({ prisma: db.prisma, projectId, actor: { userId: null } });
  const token = await makeToken(db, { projectId, role: 'admin', scopes: ['export'] });
  const url = `${server.origin}/api/v1/projects/${projectId}/snapshots/${snapshot.id}/export?format=judgements`;
  const done = await transfer({ method: 'GET', url, token });
  if (done.status !== 200) throw new Error(`The export answered ${done.status}: ${done.text}`);
  const at = `${judgements.toLocaleString('en')} judgements`;
  const rivals = judgements === TASKS ? {} : { first: 32.8, total: 32.9 };
  const rival = (value: number | undefined) =>
    value === undefined ? {} : { rival: { ...LABEL_STUDIO, value } };
  report.add({
    figure: `first byte, ${at}`,
    unit: 's',
    value: done.firstByteSeconds,
    ...rival(rivals.first),
  });
  report.add({ figure: `total, ${at}`, unit: 's', value: done.seconds, ...rival(rivals.total) });
  report.add({ figure: `size, ${at}`, unit: 'MB', value: done.bytes / 1024 ** 2 });
  report.add({
    figure: `frozen, ${at}`,
    unit: 'rows',
    value: snapshot.judgementCount,
    bar: between(judgements, judgements),
  });
}

/** One full ranking each for the first tasks, as if a person had sent them. */
async function judge(server: BenchServer, projectId: string, judgements: number): Promise<void> {
  const { db } = server;
  const { id: labelerId } = await createMember(db.prisma, projectId, 'labeler');
  await db.pool.query(
    `WITH chosen AS (
       SELECT t.id, t."formVersionId", ARRAY(
         SELECT c."completionId" FROM task_completion c WHERE c."taskId" = t.id ORDER BY c.position) AS shown
       FROM task t WHERE t."projectId" = $1 ORDER BY t.id LIMIT $3
     ), taken AS (
       INSERT INTO lease ("projectId", "taskId", "labelerId", state, "shownOrder", "claimedAt", "expiresAt", "submittedAt")
       SELECT $1, id, $2, 'submitted', shown, now(), now(), now() FROM chosen RETURNING id, "taskId"
     )
     INSERT INTO judgement ("leaseId", revision, "projectId", "taskId", "labelerId", source, outcome, "shownOrder", ranks,
       comment, "activeMs", "formVersionId", counts, "bodyHash")
     SELECT taken.id, 1, $1, chosen.id, $2, 'person', 'ok', shown,
       (SELECT jsonb_object_agg(s.id, s.ord) FROM unnest(shown) WITH ORDINALITY AS s(id, ord)),
       'A is clearer than B, and C misses a fact', 12000, "formVersionId", true, taken.id::text
     FROM taken JOIN chosen ON chosen.id = taken."taskId"`,
    [projectId, labelerId, judgements],
  );
}
