import { JudgementBody, Problem } from '@rankloop/contracts';
import { z } from 'zod';
import { ApiError } from '../../../lib/api-client.ts';

/** An answer on its way: kept in this browser until the server has it. */
export interface OutboxItem {
  leaseId: string;
  projectId: string;
  taskId: string;
  /** The start of the prompt, so that a person knows which one it is. */
  title: string;
  /** Absent: a first answer. Else the revision that this one replaces. */
  replaces?: number;
  body: JudgementBody;
  queuedAt: number;
  /** Set when the server said no; the item then waits for a person. */
  refusal?: Problem;
}

/** What to do after a send failed. */
export type Verdict = 'retry' | 'sign-in' | 'refused';

/** Only an answer that the server has understood and turned down is refused; everything else may pass. */
export function verdictOf(error: unknown): Verdict {
  if (!(error instanceof ApiError)) return 'retry';
  if (error.status === 401) return 'sign-in';
  if (error.status >= 500 || error.status === 408 || error.status === 425 || error.status === 429)
    return 'retry';
  return 'refused';
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

/** Doubling waits with up to half of it at random, so that many browsers do not come back together. */
export function waitBeforeRetry(failures: number, random: number): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(full * (0.5 + 0.5 * random));
}

const StoredItem = z.object({
  leaseId: z.string().min(1),
  projectId: z.string().min(1),
  taskId: z.string().min(1),
  title: z.string(),
  replaces: z.number().int().optional(),
  body: JudgementBody,
  queuedAt: z.number(),
  // An answer is never lost for what is said about it.
  refusal: Problem.optional().catch(undefined),
});

/** Reads a stored item; what another version or a person's hand has spoiled gives null. */
export function parseItem(text: string): OutboxItem | null {
  try {
    const stored = StoredItem.safeParse(JSON.parse(text));
    if (!stored.success) return null;
    const { replaces, refusal, ...item } = stored.data;
    return {
      ...item,
      ...(replaces === undefined ? {} : { replaces }),
      ...(refusal === undefined ? {} : { refusal }),
    };
  } catch {
    return null;
  }
}
