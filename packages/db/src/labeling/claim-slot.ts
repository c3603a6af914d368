import type pg from 'pg';
import { createLookup } from '../create-lookup.ts';
import { ClaimMarks, type SlotPosition, START } from './claim-marks.ts';
import { claimSql, OWN_OPEN_LEASES_SQL, RENEW_OWN_SQL, WITH_OTHERS_SQL } from './claim.sql.ts';
import { retryOnContention } from './retry-on-contention.ts';

export interface ClaimOptions {
  projectId: string;
  labelerId: string;
  /** Leases the caller already has on screen or prefetched; another one is wanted. */
  holding: readonly string[];
  leaseTtlMs: number;
}

/** A lease with everything its screen needs, read in the same statement that took it. */
export interface ClaimedTaskRow {
  leaseId: string;
  taskId: string;
  expiresAt: Date;
  shownOrder: string[];
  formVersionId: string;
  conversation: unknown;
  outputs: { id: string; text: string }[];
}

const CLAIM = {
  'skip-locked': { name: 'claim-skip-locked', text: claimSql('skip-locked') },
  wait: { name: 'claim-wait', text: claimSql('wait') },
} as const;

const marks = new ClaimMarks();

async function runClaim(
  pool: pg.Pool,
  options: ClaimOptions,
  look: keyof typeof CLAIM,
): Promise<ClaimedTaskRow | null> {
  const { projectId, labelerId, leaseTtlMs } = options;
  const from = look === 'wait' ? START : marks.find(projectId, labelerId);
  const values = [projectId, labelerId, leaseTtlMs, from.rank, from.slotId];
  // Two tabs of one person can meet at one task: the unique index refuses the second, whose next look passes it by.
  const row = await retryOnContention(async () => {
    const { rows } = await pool.query<ClaimedTaskRow & SlotPosition>({ ...CLAIM[look], values });
    return rows[0] ?? null;
  });
  if (row) marks.advance(projectId, labelerId, { from, to: row });
  return row;
}

/**
 * Takes one needed judgement under a lease: an own open lease that is not in `holding` first, else a free slot,
 * else a slot whose lease ran out. One statement decides by the slot row's own columns (see DESIGN 3.3).
 *
 * @returns null only after a second look that waited for every claim then in flight
 */
export async function claimSlot(pool: pg.Pool, options: ClaimOptions): Promise<ClaimedTaskRow | null> {
  const own = await findOwnOpenLease(pool, options);
  if (own) return own;
  const free = (await runClaim(pool, options, 'skip-locked')) ?? (await runClaim(pool, options, 'wait'));
  // Another tab of the same person may have taken it since the first line.
  return free ?? findOwnOpenLease(pool, options);
}

const readOwnOpenLeases = createLookup<Pick<ClaimOptions, 'projectId' | 'labelerId'>, { id: string }>({
  name: 'claim-own',
  text: OWN_OPEN_LEASES_SQL,
  toValues: (keys) => [keys.map((key) => key.projectId), keys.map((key) => key.labelerId)],
});

async function findOwnOpenLease(pool: pg.Pool, options: ClaimOptions): Promise<ClaimedTaskRow | null> {
  const holding = new Set(options.holding.map((id) => id.toLowerCase()));
  for (const { id } of await readOwnOpenLeases(pool, options)) {
    if (holding.has(id)) continue;
    const { rows } = await pool.query<ClaimedTaskRow>({
      name: 'claim-own-renew',
      text: RENEW_OWN_SQL,
      values: [id, options.labelerId, options.leaseTtlMs],
    });
    if (rows[0]) return rows[0];
  }
  return null;
}

/** How many slots other people hold that this labeler could still be given, and when the first lease runs out. */
export async function countSlotsWithOthers(
  pool: pg.Pool,
  options: Pick<ClaimOptions, 'projectId' | 'labelerId'>,
): Promise<{ withOthers: number; mayReturnAt: Date | null }> {
  const { rows } = await pool.query<{ withOthers: number; mayReturnAt: Date | null }>({
    name: 'claim-with-others',
    text: WITH_OTHERS_SQL,
    values: [options.projectId, options.labelerId],
  });
  return rows[0] ?? { withOthers: 0, mayReturnAt: null };
}
