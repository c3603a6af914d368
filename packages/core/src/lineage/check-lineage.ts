import { createHash } from 'node:crypto';
import type { LineageCheck, LineageReport } from '@rankloop/contracts';
import type { Checkpoint, PrismaClient } from '@rankloop/db';
import { findFileDamage, hashManifest } from '../checkpoints/checkpoint-files.ts';
import { CheckpointManifest } from '../checkpoints/checkpoint-view.ts';
import { canonicalJson } from '../labeling/index.ts';
import { hashJudgement, snapshotHash } from '../snapshots/judgement-content.ts';
import { readJudgementsOfSnapshot } from '../snapshots/judgements-in-force.repo.ts';
import { computeLineageHash } from './compute-lineage-hash.ts';
import { readLineageGraph, type LineageGraph } from './lineage-graph.ts';
import { requireCheckpoint, type CheckpointLineageOptions } from './require-checkpoint.ts';

export interface CheckLineageOptions extends CheckpointLineageOptions {
  dataDir: string;
  /** `round`: files and data of the round that made it. `all`: of the whole line. Manifests and origins are always all. */
  scope: 'round' | 'all';
}

/** How many of a kind of mismatch are named. */
const NAMED = 5;

/**
 * Computes every hash of a checkpoint's lineage anew from the content that is there: files, manifests, what each was made
 * of, the judgements of the snapshots, the texts that they judge, and that each judgement's lease is its own.
 *
 * @throws AppError `not_found`
 */
export async function checkLineage(options: CheckLineageOptions): Promise<LineageReport> {
  const { prisma, projectId, checkpointId, dataDir, scope } = options;
  await requireCheckpoint(options);
  const graph = await readLineageGraph(prisma, projectId);
  const line = [checkpointId, ...graph.ancestorsOf(checkpointId)];
  const roundId = graph.roundOf(checkpointId)?.id;
  const isNear = (id: string) =>
    scope === 'all' || id === checkpointId || (roundId !== undefined && graph.roundOf(id)?.id === roundId);
  const checks: LineageCheck[] = [];
  for (const id of line) {
    const checkpoint = await prisma.checkpoint.findUniqueOrThrow({ where: { id } });
    if (isNear(id)) checks.push(await checkFiles(dataDir, checkpoint));
    checks.push(checkManifest(checkpoint), await checkOrigin(prisma, graph, checkpoint));
  }
  const snapshotIds = line.flatMap((id) => (isNear(id) ? [graph.roundOf(id)?.snapshotId ?? null] : []));
  for (const id of new Set(snapshotIds.filter((one) => one !== null)))
    checks.push(...(await checkSnapshot(prisma, id)));
  return { matches: checks.every(({ matches }) => matches !== false), checks };
}

async function checkFiles(dataDir: string, checkpoint: Checkpoint): Promise<LineageCheck> {
  const subject = checkpoint.name;
  const manifest = CheckpointManifest.parse(checkpoint.manifest);
  const files = Object.keys(manifest);
  const check = { what: 'files' as const, subject, compared: files.length };
  if (checkpoint.prunedAt !== null) {
    const day = checkpoint.prunedAt.toISOString().slice(0, 10);
    return { ...check, compared: 0, matches: null, detail: `Its files were deleted on ${day} to make room.` };
  }
  const damages: string[] = [];
  for (const file of files) {
    const damage = await findFileDamage(dataDir, { folder: checkpoint.folder, manifest }, file);
    if (damage !== null) damages.push(damage);
  }
  return { ...check, ...inWords(damages, 'Every file is what was written.') };
}

function checkManifest(checkpoint: Checkpoint): LineageCheck {
  const matches = hashManifest(CheckpointManifest.parse(checkpoint.manifest)) === checkpoint.manifestHash;
  const detail = matches
    ? `The list of its files is ${checkpoint.manifestHash}.`
    : 'The list of its files is not the one that its hash was made of.';
  return { what: 'manifest', subject: checkpoint.name, matches, compared: 1, detail };
}

async function checkOrigin(
  prisma: PrismaClient,
  graph: LineageGraph,
  checkpoint: Checkpoint,
): Promise<LineageCheck> {
  const check = { what: 'origin' as const, subject: checkpoint.name };
  if (checkpoint.lineageHash === null) {
    const detail =
      checkpoint.roundId === null
        ? 'It came from outside: there is nothing behind it.'
        : 'It was made before hashes of the origin were kept.';
    return { ...check, matches: null, compared: 0, detail };
  }
  const matches = (await computeLineageHash(prisma, graph, checkpoint)) === checkpoint.lineageHash;
  const detail = matches
    ? 'Settings, data and what it was made of are those that it was made with.'
    : 'Its settings, its snapshot or what it was made of are not those that it was made with.';
  return { ...check, matches, compared: 1, detail };
}

async function checkSnapshot(prisma: PrismaClient, id: string): Promise<LineageCheck[]> {
  const snapshot = await prisma.snapshot.findUniqueOrThrow({ where: { id } });
  const subject = snapshot.name;
  const whole = snapshotHash();
  const changed: string[] = [];
  let compared = 0;
  for await (const { contentHash, ...judgement } of readJudgementsOfSnapshot(prisma, id)) {
    const computed = hashJudgement(judgement);
    if (computed !== contentHash) changed.push(`Judgement ${judgement.id} is not what was frozen.`);
    // Over what is there now: exchanging a line's hash together with its judgement is noticed too.
    whole.add(computed);
    compared += 1;
  }
  const isWhole = whole.digest() === snapshot.hash;
  if (!isWhole && changed.length === 0) changed.push('It has lost, gained or reordered judgements.');
  return [
    { what: 'snapshot', subject, compared, ...inWords(changed, `Its judgements are ${snapshot.hash}.`) },
    { subject, ...(await checkTexts(prisma, id)) },
    { subject, compared, ...(await checkLeases(prisma, id)) },
  ];
}

const PROMPTS_AT_ONCE = 500;

interface PromptRow {
  id: string;
  contentHash: string;
  conversation: unknown;
}

/** The hashes in the lines stand for texts: these must be the texts that are there. */
async function checkTexts(prisma: PrismaClient, snapshotId: string): Promise<Omit<LineageCheck, 'subject'>> {
  const outputs = await prisma.$queryRaw<{ id: string; matches: boolean }[]>`
    SELECT DISTINCT c."id", encode(sha256(convert_to(c."text", 'UTF8')), 'hex') = c."textHash" AS "matches"
    FROM "snapshot_judgement" sj JOIN "judgement" j ON j."id" = sj."judgementId"
    JOIN "task_completion" tc ON tc."taskId" = j."taskId" JOIN "completion" c ON c."id" = tc."completionId"
    WHERE sj."snapshotId" = ${snapshotId}::uuid`;
  const changed = outputs.flatMap(({ id, matches }) =>
    matches ? [] : [`The text of output ${id} was changed.`],
  );
  let compared = outputs.length;
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const prompts = await prisma.$queryRaw<PromptRow[]>`
      SELECT p."id", p."contentHash", p."conversation" FROM "prompt" p WHERE p."id" > ${after}::uuid
        AND EXISTS (SELECT 1 FROM "snapshot_judgement" sj JOIN "judgement" j ON j."id" = sj."judgementId"
          JOIN "task" t ON t."id" = j."taskId" WHERE sj."snapshotId" = ${snapshotId}::uuid AND t."promptId" = p."id")
      ORDER BY p."id" LIMIT ${PROMPTS_AT_ONCE}`;
    for (const prompt of prompts)
      if (!isOf(prompt)) changed.push(`The text of prompt ${prompt.id} was changed.`);
    compared += prompts.length;
    const last = prompts.at(-1);
    if (last === undefined || prompts.length < PROMPTS_AT_ONCE) break;
    after = last.id;
  }
  return { what: 'texts', compared, ...inWords(changed, 'Every text is the one that was judged.') };
}

/** The demo's prompts were hashed as they were written, all others with sorted keys. */
function isOf({ contentHash, conversation }: PromptRow): boolean {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  return [canonicalJson(conversation), JSON.stringify(conversation)].some(
    (text) => sha256(text) === contentHash,
  );
}

async function checkLeases(prisma: PrismaClient, snapshotId: string) {
  const strange = await prisma.$queryRaw<{ id: string }[]>`
    SELECT j."id" FROM "snapshot_judgement" sj JOIN "judgement" j ON j."id" = sj."judgementId"
    LEFT JOIN "lease" l ON l."id" = j."leaseId"
    WHERE sj."snapshotId" = ${snapshotId}::uuid AND (l."id" IS NULL OR l."projectId" <> j."projectId"
      OR l."taskId" <> j."taskId" OR l."labelerId" <> j."labelerId")
    ORDER BY j."id"`;
  const changed = strange.map(({ id }) => `Judgement ${id} is not of its lease's task and labeler.`);
  return {
    what: 'leases' as const,
    ...inWords(changed, 'Every judgement is of its lease’s task and labeler.'),
  };
}

function inWords(faults: readonly string[], whole: string): { matches: boolean; detail: string } {
  if (faults.length === 0) return { matches: true, detail: whole };
  const rest = faults.length > NAMED ? ` And ${faults.length - NAMED} more.` : '';
  return { matches: false, detail: `${faults.slice(0, NAMED).join(' ')}${rest}` };
}
