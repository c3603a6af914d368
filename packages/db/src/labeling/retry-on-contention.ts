const UNIQUE_VIOLATION = '23505';
const DEADLOCK = '40P01';
const MAX_TRIES = 8;

/**
 * Runs a single statement again when another statement got there first: a unique index or the deadlock detector refused
 * it, nothing was written, and a new statement sees what the winner did.
 */
export async function retryOnContention<T>(statement: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await statement();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if ((code !== UNIQUE_VIOLATION && code !== DEADLOCK) || attempt >= MAX_TRIES) throw error;
    }
  }
}
