import { AppError } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { isIPv6 } from 'node:net';
import { hashSecret } from '../shared/secrets.ts';

type Pool = Pick<Db['pool'], 'query'>;

interface Limit {
  key: string;
  /** Failures without a wait. */
  free: number;
  /** The wait doubles from one second up to this, and then always passes: nobody can be locked out. */
  ceilingSeconds: number;
}

const FORGET = `interval '15 minutes'`;
const WAIT = `CASE WHEN t.failures < $2::int THEN interval '0'
  ELSE least($3::float8, power(2, least(t.failures - $2::int, 20))) * interval '1 second' END`;

/**
 * @param usualAddress where this person has signed in before, when the try comes from there: it has a count of its
 *   own, so that somebody who keeps guessing elsewhere does not keep the person out
 */
export function accountLimit(email: string, usualAddress?: string): Limit {
  const place = usualAddress === undefined ? '' : `@${networkOf(usualAddress)}`;
  return { key: `account:${hashSecret(email)}${place}`, free: 5, ceilingSeconds: 30 };
}

/** A whole office may share an address, so it has more tries; an IPv6 network of 64 bits is one address. */
export function addressLimit(address: string): Limit {
  return { key: `address:${networkOf(address)}`, free: 20, ceilingSeconds: 60 };
}

export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail = ''] = plain.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = plain.includes('::')
    ? Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
    : [];
  const groups = [...left, ...zeros, ...right].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

/**
 * Counts a try before its password is looked at, so that tries sent at once cannot all see the same count.
 * @throws AppError `slow_down` while the wait lasts; such a try does not count and does not prolong it
 */
export async function takeTry(pool: Pool, limit: Limit): Promise<void> {
  const { rowCount } = await pool.query(
    `INSERT INTO sign_in_throttle AS t (key, failures, "lastFailureAt") VALUES ($1, 1, clock_timestamp())
     ON CONFLICT (key) DO UPDATE SET
       failures = CASE WHEN t."lastFailureAt" < clock_timestamp() - ${FORGET} THEN 1 ELSE t.failures + 1 END,
       "lastFailureAt" = clock_timestamp()
     WHERE t."lastFailureAt" + ${WAIT} <= clock_timestamp()`,
    [limit.key, limit.free, limit.ceilingSeconds],
  );
  if (rowCount === 0) await refuseWhileWaiting(pool, limit);
}

/** @throws AppError `slow_down` while the wait lasts */
export async function refuseWhileWaiting(pool: Pool, limit: Limit): Promise<void> {
  const { rows } = await pool.query<{ seconds: number }>(
    `SELECT ceil(extract(epoch FROM t."lastFailureAt" + ${WAIT} - clock_timestamp()))::int AS seconds
     FROM sign_in_throttle t WHERE t.key = $1 AND t."lastFailureAt" + ${WAIT} > clock_timestamp()`,
    [limit.key, limit.free, limit.ceilingSeconds],
  );
  const seconds = rows[0]?.seconds;
  if (seconds === undefined) return;
  const retryAfter = Math.max(1, seconds);
  throw new AppError('slow_down', { detail: `Try again in ${retryAfter} seconds.`, retryAfter });
}

/** The try was right: it is no failure. What others failed from the same address stays counted. */
export async function giveBackTry(pool: Pool, limit: Limit): Promise<void> {
  await pool.query('UPDATE sign_in_throttle SET failures = greatest(0, failures - 1) WHERE key = $1', [
    limit.key,
  ]);
}

export async function forgetFailures(pool: Pool, limit: Limit): Promise<void> {
  await pool.query('DELETE FROM sign_in_throttle WHERE key = $1', [limit.key]);
}
