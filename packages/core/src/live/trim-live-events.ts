import type { Db } from '@rankloop/db';

/** A page that was away for longer than a day starts afresh. */
export async function trimLiveEvents(db: Pick<Db, 'pool'>): Promise<number> {
  const result = await db.pool.query(`DELETE FROM live_event WHERE at < now() - interval '1 day'`);
  return result.rowCount ?? 0;
}
