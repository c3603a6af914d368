import { Prisma } from '@rankloop/db';

/** Not reachable, closed, timed out, no free connection, transaction lost. */
const CONNECTION_CODES = ['P1001', 'P1002', 'P1008', 'P1017', 'P2010', 'P2024', 'P2028', 'P2034'];

/** A server that is away or restarting, or a transaction that came too late: nothing about the round itself. */
export function isDatabaseTrouble(error: unknown): boolean {
  return (
    error instanceof Prisma.PrismaClientInitializationError ||
    error instanceof Prisma.PrismaClientUnknownRequestError ||
    (error instanceof Prisma.PrismaClientKnownRequestError && CONNECTION_CODES.includes(error.code))
  );
}
