import type { Db } from '@rankloop/db';

/** Longer than an upload may take: an import that has told nothing for this long has lost its process. */
const SILENCE_MS = 20 * 60_000;

/**
 * Ends imports whose process is gone, so that none runs for ever. Their last sign of life is the event of their last
 * batch. One that lives after all finds itself ended before its next batch. @returns how many
 */
export async function failLostImports(db: Pick<Db, 'pool'>, silenceMs = SILENCE_MS): Promise<number> {
  const { rowCount } = await db.pool.query(
    `UPDATE import i SET state = 'failed', "endedAt" = now(),
       reason = 'The server stopped while it read this file. Import it again: what is already in stays and is not doubled.'
     WHERE i.state = 'running' AND i."createdAt" < now() - make_interval(secs => $1)
       AND NOT EXISTS (
         SELECT 1 FROM live_event e WHERE e.topic = 'import' AND e."projectId" = i."projectId"
           AND e.data->>'importId' = i.id::text AND e.at > now() - make_interval(secs => $1))`,
    [silenceMs / 1000],
  );
  return rowCount ?? 0;
}
