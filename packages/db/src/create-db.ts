import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from './generated/client.ts';

export interface Db {
  /** For everything that is not on the claim and submit path. */
  readonly prisma: PrismaClient;
  /** For hand-written SQL: give each query a `name`, so that PostgreSQL plans it once per connection. */
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

export interface CreateDbOptions {
  url: string;
  /** Connections of this process, shared by `prisma` and `pool`. */
  max?: number;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  /** The server ends a connection that says nothing for so long within a transaction, and so frees its locks. */
  maxIdleInTransactionMs?: number;
  /** An idle connection broke (the server restarted): the pool replaces it, this is only for the log. */
  onIdleError?: (error: Error) => void;
}

/** Each named statement stays in every connection's memory, so their number has a ceiling. */
const MAX_STATEMENT_NAMES = 400;

/** Milliseconds. Prisma's own 2 and 5 s refuse people on a machine that is busy with something else for a moment. */
const PATIENCE = { maxWait: 10_000, timeout: 30_000 };

export function createDb(options: CreateDbOptions): Db {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max ?? 10,
    application_name: options.applicationName ?? 'rankloop',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    onConnect: (client) => setUpSession(client, options.maxIdleInTransactionMs),
  });
  // Without a listener a dropped idle connection would end the process.
  pool.on('error', (error) => options.onIdleError?.(error));

  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool, { statementNameGenerator: createStatementNamer() }),
    transactionOptions: PATIENCE,
  });
  let closing: Promise<void> | undefined;
  return {
    prisma,
    pool,
    close: () => (closing ??= prisma.$disconnect().then(() => pool.end())),
  };
}

/**
 * Prisma's adapter drops the offset of a time and means UTC, in both directions: in a session of another zone every
 * time would be off by hours, and only for Prisma. Not in the address's `options`, where an operator's own would win.
 */
const SPEAK_UTC = "SET TIME ZONE 'UTC'";

function setUpSession(client: pg.ClientBase, maxIdleInTransactionMs: number | undefined): unknown {
  if (maxIdleInTransactionMs === undefined) return client.query(SPEAK_UTC);
  const limit = `SET idle_in_transaction_session_timeout = ${Math.round(maxIdleInTransactionMs)}`;
  return client.query(`${SPEAK_UTC}; ${limit}`);
}

function createStatementNamer(): (query: { sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    // The empty name is PostgreSQL's unnamed statement: planned anew each time, kept nowhere.
    if (names.size >= MAX_STATEMENT_NAMES) return '';
    const name = `p${createHash('sha1').update(sql).digest('hex').slice(0, 20)}`;
    names.set(sql, name);
    return name;
  };
}
