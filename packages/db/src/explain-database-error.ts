/**
 * What is wrong with a connection, as a sentence for people; undefined when the error is of another kind.
 * The address is named, the password never.
 */
export function explainDatabaseError(error: unknown, url: string): string | undefined {
  const target = describeTarget(url);
  if (target === undefined)
    return 'DATABASE_URL is not a PostgreSQL address. It looks like postgresql://user:password@host:5432/database.';
  const code = codeOf(error);
  switch (code) {
    case 'ECONNREFUSED':
      return `Nothing answers at ${target.host}. Is PostgreSQL running there, and is the port in DATABASE_URL right?`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host of DATABASE_URL is not known: ${target.host}.`;
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `${target.host} cannot be reached.`;
    case '28P01':
    case '28000':
      return `PostgreSQL at ${target.host} refused the user or password in DATABASE_URL (user "${target.user}").`;
    case '3D000':
      return `There is no database "${target.database}" at ${target.host}. Create it, or correct DATABASE_URL.`;
    case '42501':
      return `The user "${target.user}" of DATABASE_URL may not do this in database "${target.database}".`;
    case '53300':
      return `PostgreSQL at ${target.host} has no connection left. Raise max_connections or stop what holds them.`;
    case '53100':
      return `The disk of PostgreSQL at ${target.host} is full.`;
    case '57P03':
      return `PostgreSQL at ${target.host} is starting up or shutting down. Try again in a moment.`;
    case 'ECONNRESET':
    case '57P01':
      return `PostgreSQL at ${target.host} closed the connection.`;
    default:
  }
  const message = error instanceof Error ? error.message : '';
  if (/timeout/i.test(message)) return `PostgreSQL at ${target.host} did not answer in time.`;
  if (/terminated unexpectedly/i.test(message)) return `PostgreSQL at ${target.host} closed the connection.`;
  return undefined;
}

function codeOf(error: unknown): string | undefined {
  // Several addresses of one host fail together.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (first instanceof Error && 'code' in first && typeof first.code === 'string') return first.code;
  return first instanceof Error && first.cause !== undefined ? codeOf(first.cause) : undefined;
}

function describeTarget(url: string): { host: string; user: string; database: string } | undefined {
  try {
    const { protocol, host, username, pathname } = new URL(url);
    if (protocol !== 'postgresql:' && protocol !== 'postgres:') return undefined;
    return {
      host: host === '' ? 'localhost' : host,
      user: decodeURIComponent(username),
      database: decodeURIComponent(pathname.slice(1)),
    };
  } catch {
    return undefined;
  }
}
