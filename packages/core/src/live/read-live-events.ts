import { LiveTopic, type LiveEvent } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';

export interface StoredLiveEvent extends LiveEvent {
  /** When set, only this person's streams carry it. */
  userId: string | null;
}

type Pool = Pick<Db['pool'], 'query'>;

interface Row {
  id: string;
  projectId: string | null;
  userId: string | null;
  topic: string;
  data: Record<string, unknown>;
}

const COLUMNS = 'id, "projectId", "userId", topic, data';

export async function findLiveEvents(pool: Pool, ids: readonly string[]): Promise<StoredLiveEvent[]> {
  const { rows } = await pool.query<Row>({
    name: 'live_events_by_id',
    text: `SELECT ${COLUMNS} FROM live_event WHERE id = ANY($1::bigint[]) ORDER BY id`,
    values: [ids],
  });
  return rows.flatMap(toEvent);
}

/**
 * What came after `lastId`, oldest first, at most `limit`. Ids are given before commit, so a row may become
 * visible after one with a higher id was already sent: the last seconds are therefore told again. Events are
 * hints to read afresh, so hearing one twice does no harm.
 */
export async function listLiveEventsAfter(
  pool: Pool,
  lastId: string,
  limit: number,
): Promise<StoredLiveEvent[]> {
  const { rows } = await pool.query<Row>({
    name: 'live_events_after',
    text: `SELECT ${COLUMNS} FROM live_event
      WHERE id > $1::bigint OR (id > $1::bigint - 100 AND id <> $1::bigint AND at > now() - interval '10 seconds')
      ORDER BY id LIMIT $2`,
    values: [lastId, limit],
  });
  return rows.flatMap(toEvent);
}

/** The newest id, and the oldest that is still kept. */
export async function getLiveEventBounds(pool: Pool): Promise<{ oldest: string; newest: string }> {
  const { rows } = await pool.query<{ oldest: string; newest: string }>(
    'SELECT coalesce(min(id), 0)::text AS oldest, coalesce(max(id), 0)::text AS newest FROM live_event',
  );
  return rows[0] ?? { oldest: '0', newest: '0' };
}

function toEvent(row: Row): StoredLiveEvent[] {
  const topic = LiveTopic.safeParse(row.topic);
  // A newer version of the program may write topics that this one does not know.
  return topic.success ? [{ ...row, topic: topic.data }] : [];
}
