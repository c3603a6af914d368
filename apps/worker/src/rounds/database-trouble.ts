import { Prisma } from '@rankloop/db';
import { z } from 'zod';

/** Not reachable, closed, timed out, no free connection, transaction lost. */
const CONNECTION_CODES = ['P1001', 'P1002', 'P1008', 'P1017', 'P2010', 'P2024', 'P2028', 'P2034'];

/** The same as the driver says it, which is how it arrives from within a transaction. */
const LOST_KINDS = ['ConnectionClosed', 'DatabaseNotReachable', 'SocketTimeout'];
/**
 * What the server says when it ends a connection: a restart, a crash, too long a silence within a transaction. Prisma
 * writes it into the message of an error whose own code says nothing.
 */
const SERVER_CODES = ['57P01', '57P02', '57P03', '25P03'];
const Cause = z.object({ kind: z.string().default(''), code: z.string().default('') });

/** A server that is away or restarting, or a transaction that came too late: nothing about the round itself. */
export function isDatabaseTrouble(error: unknown): boolean {
  return (
    error instanceof Prisma.PrismaClientInitializationError ||
    error instanceof Prisma.PrismaClientUnknownRequestError ||
    (error instanceof Prisma.PrismaClientKnownRequestError && CONNECTION_CODES.includes(error.code)) ||
    (error instanceof Error && isLostConnection(error))
  );
}

function isLostConnection({ message, cause }: Error): boolean {
  const said = Cause.safeParse(cause);
  if (said.success && (LOST_KINDS.includes(said.data.kind) || SERVER_CODES.includes(said.data.code)))
    return true;
  return SERVER_CODES.some((code) => message.includes(code)) || /connection terminated/i.test(message);
}
