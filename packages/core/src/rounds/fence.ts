import type { Prisma, PrismaClient, RoundState } from '@rankloop/db';

/** Whose write it is: a round and the number of the attempt that works on it. */
export interface Fence {
  roundId: string;
  attempt: number;
}

export interface FencedRound {
  projectId: string;
  number: number;
  state: RoundState;
}

export type Tx = Prisma.TransactionClient;

/** Another attempt has taken the round over, or it has ended: whoever hears this stops and writes nothing more. */
export class StaleAttemptError extends Error {
  override readonly name = 'StaleAttemptError';
  constructor({ roundId, attempt }: Fence) {
    super(`Attempt ${attempt} of round ${roundId} is over.`);
  }
}

/**
 * The only way in which a training process writes: the round's row is locked with its attempt for the length of the
 * transaction, so a write and the end of its attempt never overlap.
 *
 * @throws StaleAttemptError before anything is written
 */
export async function withFence<T>(
  prisma: PrismaClient,
  fence: Fence,
  write: (tx: Tx, round: FencedRound) => Promise<T>,
  options: { timeout?: number } = {},
): Promise<T> {
  return prisma.$transaction(
    async (tx) => {
      const [round] = await tx.$queryRaw<FencedRound[]>`
        SELECT "projectId", "number", "state"::text AS "state" FROM "round"
        WHERE "id" = ${fence.roundId}::uuid AND "attempt" = ${fence.attempt}
          AND "state" IN ('running', 'cancelling')
        FOR UPDATE`;
      if (!round) throw new StaleAttemptError(fence);
      return write(tx, round);
    },
    { maxWait: 10_000, timeout: options.timeout ?? 30_000 },
  );
}
