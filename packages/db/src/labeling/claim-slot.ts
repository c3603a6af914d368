import type pg from 'pg';
import { createLookup } from '../create-lookup.ts';
import { ClaimMarks, type SlotPosition, START } from './claim-marks.ts';
import {
  claimSql,
  type Look,
  OWN_OPEN_LEASES_SQL,
  RENEW_OWN_SQL,
  TASK_CONTENT_SQL,
  WITH_OTHERS_SQL,
} from './claim.sql.ts';
import { retryOnContention } from './retry-on-contention.ts';

export interface ClaimOptions {
  projectId: string;
  labelerId: string;
  /** Leases the caller already has on screen or prefetched; another one is wanted. */
  holding: readonly string[];
  leaseTtlMs: number;
}

interface ClaimedLeaseRow {
  leaseId: string;
  taskId: string;
  expiresAt: Date;
  shownOrder: string[];
}

interface TaskContentRow {
  formVersionId: string;
  conversation: unknown;
  texts: Record<string, string>;
}

/** A lease with everything its screen needs. */
export interface ClaimedTaskRow extends ClaimedLeaseRow {
  formVersionId: string;
  conversation: unknown;
  /** In the order shown. */
  outputs: { id: string; text: string }[];
}

const CLAIM = {
  free: { name: 'claim-free', text: claimSql('free') },
  'free-or-expired': { name: 'claim-free-or-expired', text: claimSql('free-or-expired') },
  wait: { name: 'claim-wait', text: claimSql('wait') },
} as const;

const marks = new ClaimMarks();

async function runClaim(
  pool: pg.Pool,
  options: ClaimOptions,
  from: SlotPosition,
  look: Look,
): Promise<ClaimedLeaseRow | null> {
  const { projectId, labelerId, leaseTtlMs } = options;
  const values = [projectId, labelerId, leaseTtlMs, from.rank, from.slotId];
  // Two tabs of one person can meet at one task: the unique index refuses the second, whose next look passes it by.
  const row = await retryOnContention(async () => {
    const { rows } = await pool.query<ClaimedLeaseRow & SlotPosition>({ ...CLAIM[look], values });
    return rows[0] ?? null;
  });
  if (row) marks.advance(projectId, labelerId, { from, to: row });
  return row;
}

/** From the mark among free slots, every few seconds from the start among all; at last waiting for claims in flight. */
async function claimNext(pool: pg.Pool, options: ClaimOptions): Promise<ClaimedLeaseRow | null> {
  const from = marks.find(options.projectId, options.labelerId);
  const quick = await runClaim(pool, options, from, from === START ? 'free-or-expired' : 'free');
  return quick ?? runClaim(pool, options, START, 'wait');
}

/**
 * Takes one needed judgement under a lease: an own open lease that is not in `holding` first, else a free slot; a slot
 * whose lease ran out counts as free within seconds. One statement decides by the slot row's own columns.
 *
 * @returns null only after a second look that waited for every claim then in flight
 */
export async function claimSlot(pool: pg.Pool, options: ClaimOptions): Promise<ClaimedTaskRow | null> {
  const lease =
    (await findOwnOpenLease(pool, options)) ??
    (await claimNext(pool, options)) ??
    // Another tab of the same person may have taken it since the first line.
    (await findOwnOpenLease(pool, options));
  return lease ? withContent(pool, lease) : null;
}

const readTaskContent = createLookup<string, TaskContentRow>({
  name: 'claim-content',
  text: TASK_CONTENT_SQL,
  toValues: (taskIds) => [[...taskIds]],
});

/** Should this read fail, the lease stays open and is what the next claim gives. */
async function withContent(pool: pg.Pool, lease: ClaimedLeaseRow): Promise<ClaimedTaskRow> {
  const [content] = await readTaskContent(pool, lease.taskId);
  if (!content) throw new Error(`Task ${lease.taskId} is gone.`);
  const { texts, formVersionId, conversation } = content;
  const outputs = lease.shownOrder.map((id) => ({ id, text: texts[id] ?? '' }));
  return { ...lease, formVersionId, conversation, outputs };
}

const readOwnOpenLeases = createLookup<Pick<ClaimOptions, 'projectId' | 'labelerId'>, { id: string }>({
  name: 'claim-own',
  text: OWN_OPEN_LEASES_SQL,
  toValues: (keys) => [keys.map((key) => key.projectId), keys.map((key) => key.labelerId)],
});

async function findOwnOpenLease(pool: pg.Pool, options: ClaimOptions): Promise<ClaimedLeaseRow | null> {
  const holding = new Set(options.holding.map((id) => id.toLowerCase()));
  for (const { id } of await readOwnOpenLeases(pool, options)) {
    if (holding.has(id)) continue;
    const { rows } = await pool.query<ClaimedLeaseRow>({
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
