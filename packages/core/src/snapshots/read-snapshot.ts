import { createHash } from 'node:crypto';
import { Message } from '@rankloop/contracts';
import { z } from 'zod';
import { hashJudgement, type JudgementContent, snapshotHash } from './judgement-content.ts';
import type { RawReader } from './judgements-in-force.repo.ts';

interface SnapshotOutput {
  id: string;
  text: string;
  modelName: string | null;
  checkpointId: string | null;
  /** Drawn here, and stopped at its longest. */
  isCutOff: boolean;
}

/** One line of a snapshot with the texts. */
export interface SnapshotLine extends JudgementContent {
  position: number;
  contentHash: string;
  projectId: string;
  promptId: string;
  promptExternalId: string | null;
  useCase: string | null;
  conversation: Message[];
  /** Of the task, in its own order. */
  outputs: SnapshotOutput[];
  labelerId: string;
  /** The only name of a labeler that leaves in exports. */
  pseudonym: string;
  taskExternalId: string | null;
  createdAt: Date;
}

const BATCH_ROWS = 500;

// The rows of a batch are found first, for themselves: told how few they are, the planner looks the rest up by their keys.
// With the limit at the end it has joined the whole of the tables for each batch.
const LINES_SQL = `
  WITH sj AS MATERIALIZED (
    SELECT "position", "contentHash", "judgementId" FROM "snapshot_judgement"
    WHERE "snapshotId" = $1::uuid AND "position" > $2 ORDER BY "position" LIMIT ${BATCH_ROWS})
  SELECT sj."position", sj."contentHash", j."id", j."leaseId", j."revision", j."projectId", j."taskId", j."labelerId",
    j."source"::text AS "source", j."outcome"::text AS "outcome", j."skipReason", j."shownOrder", j."ranks",
    j."strength", j."scores", j."flags", j."critiques", j."edits", j."demonstration", j."comment", j."confidence",
    j."activeMs", j."formVersionId", j."guidelineVersionId", j."counts", j."createdAt",
    t."promptId", t."externalId" AS "taskExternalId", p."externalId" AS "promptExternalId", p."useCase",
    p."conversation", p."contentHash" AS "promptHash",
    o."outputs", o."completionIds", o."textHashes",
    coalesce(m."pseudonym", 'former member') AS "pseudonym"
  FROM sj
  JOIN "judgement" j ON j."id" = sj."judgementId"
  JOIN "task" t ON t."id" = j."taskId"
  JOIN "prompt" p ON p."id" = t."promptId"
  LEFT JOIN "membership" m ON m."projectId" = j."projectId" AND m."userId" = j."labelerId"
  LEFT JOIN LATERAL (
    SELECT array_agg(c."id" ORDER BY tc."position") AS "completionIds",
           array_agg(c."textHash" ORDER BY tc."position") AS "textHashes",
           json_agg(json_build_object('id', c."id", 'text', c."text", 'modelName', c."modelName",
             'checkpointId', c."checkpointId", 'isCutOff', c."finishReason" IS NOT DISTINCT FROM 'length') ORDER BY tc."position") AS "outputs"
    FROM "task_completion" tc JOIN "completion" c ON c."id" = tc."completionId"
    WHERE tc."taskId" = j."taskId") o ON true
  ORDER BY sj."position"`;

/** A snapshot no longer says what it said: a text or judgement was changed behind the product's back. */
export class SnapshotChangedError extends Error {
  override readonly name = 'SnapshotChangedError';
}

/**
 * The lines of a snapshot in order, a batch in memory at a time. Each line's hash is checked as it is read, and the
 * snapshot's own after the last.
 *
 * @throws SnapshotChangedError
 */
export async function* readSnapshot(
  reader: RawReader,
  snapshot: { id: string; hash: string },
): AsyncGenerator<SnapshotLine> {
  const whole = snapshotHash();
  let position = -1;
  for (;;) {
    const rows = await reader.$queryRawUnsafe<SnapshotLine[]>(LINES_SQL, snapshot.id, position);
    for (const row of rows) {
      const line = { ...row, conversation: z.array(Message).parse(row.conversation) };
      if (hashJudgement(line) !== line.contentHash || !hasItsTexts(line)) {
        throw new SnapshotChangedError(`Judgement ${line.id} is not what it was when the snapshot was made.`);
      }
      whole.add(line.contentHash);
      yield line;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH_ROWS) break;
    position = last.position;
  }
  if (whole.digest() !== snapshot.hash) {
    throw new SnapshotChangedError('The snapshot has lost or gained judgements since it was made.');
  }
}

/** The hash of a line covers the hashes of its outputs' texts: they must be those of the texts that are there. */
function hasItsTexts({ outputs, textHashes }: SnapshotLine): boolean {
  return outputs.every(({ text }, i) => createHash('sha256').update(text).digest('hex') === textHashes[i]);
}
