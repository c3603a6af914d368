import DataLoader from 'dataloader';
import type pg from 'pg';

export interface LookupSpec<Key> {
  /** PostgreSQL plans the statement once per connection under this name. */
  name: string;
  /**
   * Reads the keys with `FROM ${keyRows(['uuid', …])} AS k(…, ord)` and returns `k.ord` as "ord" with each row.
   */
  text: string;
  /** The keys as the statement's parameters: one array per column of a key. */
  toValues: (keys: readonly Key[]) => readonly unknown[][];
}

/**
 * The array parameters $1, $2, … as rows of keys, numbered from 1. Inside a sub-select the planner does not see their
 * length; where it does, it finds that a plan for just this length is cheaper, and plans anew each time.
 */
export function keyRows(types: readonly string[]): string {
  const arrays = types.map((type, index) => `(SELECT $${index + 1}::${type}[])`);
  return `unnest(${arrays.join(', ')}) WITH ORDINALITY`;
}

type Queries = Pick<pg.Pool, 'query'>;

const MAX_KEYS = 100;
/** While questions come by twos and more, so long after one statement goes the next: few, larger ones cost less. */
const BUSY_INTERVAL_MS = 4;
/** So long the next statement waits for the one under way: a connection that hangs holds up its own questions alone. */
const PATIENCE_MS = 250;
const TIMEOUT_MS = 10_000;

/**
 * A read that many requests make at once. What is asked for while a statement is under way goes into the next one, so
 * that a busy server pays for one round trip instead of dozens; a question that comes alone is sent at once. Nothing is kept: every
 * answer was read after its question was asked. A key that its column's type refuses fails those asked with it:
 * parse keys first.
 *
 * @returns the rows of one key, in the statement's order
 */
export function createLookup<Key, Row extends object>(
  spec: LookupSpec<Key>,
): (db: Queries, key: Key) => Promise<readonly Row[]> {
  const loaders = new WeakMap<Queries, DataLoader<Key, readonly Row[]>>();
  return (db, key) => {
    let loader = loaders.get(db);
    if (!loader) loaders.set(db, (loader = createLoader<Key, Row>(db, spec)));
    return loader.load(key);
  };
}

function createLoader<Key, Row extends object>(
  db: Queries,
  spec: LookupSpec<Key>,
): DataLoader<Key, readonly Row[]> {
  let underWay: Promise<void> | null = null;
  let last = { keys: 0, sentAt: 0 };
  const ask = async (keys: readonly Key[]): Promise<readonly (readonly Row[])[]> => {
    // The driver reads `query_timeout`; its types do not know it here.
    const query = {
      name: spec.name,
      text: spec.text,
      values: [...spec.toValues(keys)],
      query_timeout: TIMEOUT_MS,
    };
    const { rows } = await db.query<Row & { ord: string }>(query);
    const byKey: Row[][] = keys.map(() => []);
    for (const row of rows) byKey[Number(row.ord) - 1]?.push(row);
    return byKey;
  };
  const askAlone = (keys: readonly Key[]): Promise<readonly (readonly Row[])[]> => {
    last = { keys: keys.length, sentAt: performance.now() };
    const answers = ask(keys);
    const isOver = (): void => {
      if (underWay === settled) underWay = null;
    };
    const settled: Promise<void> = answers.then(isOver, isOver);
    underWay = settled;
    return answers;
  };
  return new DataLoader(askAlone, {
    cache: false,
    maxBatchSize: MAX_KEYS,
    batchScheduleFn: (dispatch) => {
      const schedule = (): void => {
        const wait = last.keys > 1 ? last.sentAt + BUSY_INTERVAL_MS - performance.now() : 0;
        if (wait > 0) setTimeout(dispatch, wait);
        // After all requests that this turn of the event loop has read.
        else setImmediate(dispatch);
      };
      if (underWay) void soonAfter(underWay).then(schedule);
      else schedule();
    },
  });
}

/** When `done` is, or when patience ends. */
function soonAfter(done: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    void done.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
