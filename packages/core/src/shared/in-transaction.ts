import type { Db, PoolClient } from '@rankloop/db';

/** Serialization failure, deadlock, and a unique key that somebody else took first: the same work may pass next time. */
const PASSING_CODES = new Set(['40001', '40P01', '23505']);
const MAX_TRIES = 5;

/**
 * Runs `work` in one transaction of hand-written SQL: all of it is in, or nothing. A lost race runs it again from its
 * beginning, so it may change nothing but the database before it resolves.
 *
 * @throws whatever `work` throws, after rolling back
 */
export async function inTransaction<T>(
  pool: Db['pool'],
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryOnce(pool, work);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      const isPassing = typeof code === 'string' && PASSING_CODES.has(code);
      if (!isPassing || attempt >= MAX_TRIES) throw error;
    }
  }
}

async function tryOnce<T>(pool: Db['pool'], work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let isBroken = false;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => (isBroken = true));
    throw error;
  } finally {
    // A connection that could not even roll back is in no known state.
    client.release(isBroken);
  }
}
