import type { Db } from '@rankloop/db';

const RETRY_MS = 1000;

export interface ListenOptions {
  pool: Db['pool'];
  channel: string;
  /** Payloads that came since the last call, in order. One call at a time. */
  onMessages: (payloads: string[]) => Promise<void>;
  /** The connection was lost and is back; messages in between are gone. */
  onReconnect: () => Promise<void>;
  onError: (error: unknown) => void;
}

export interface Listening {
  stop(): Promise<void>;
}

/** One connection of the pool, kept for LISTEN; a lost one is replaced until `stop`. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { pool, channel, onMessages, onReconnect, onError } = options;
  let isStopped = false;
  let release: (() => void) | undefined;
  let retry: NodeJS.Timeout | undefined;
  let pending: string[] = [];
  let work = Promise.resolve();

  const enqueue = (step: () => Promise<void>) => {
    work = work.then(step).catch(onError);
  };

  const connect = async (): Promise<void> => {
    const client = await pool.connect();
    let isLost = false;
    const lose = (error: unknown) => {
      if (isLost) return;
      isLost = true;
      client.release(true);
      release = undefined;
      if (isStopped) return;
      onError(error);
      retryLater();
    };
    client.on('error', lose);
    client.on('end', () => lose(new Error('The connection was closed.')));
    client.on('notification', ({ payload }) => {
      if (payload === undefined) return;
      pending.push(payload);
      // A burst becomes one read.
      if (pending.length > 1) return;
      enqueue(async () => {
        const payloads = pending;
        pending = [];
        await onMessages(payloads);
      });
    });
    release = () => {
      isLost = true;
      client.release(true);
    };
    await client.query(`LISTEN ${channel}`);
  };

  const retryLater = () => {
    retry = setTimeout(() => {
      connect().then(
        () => enqueue(onReconnect),
        (error: unknown) => {
          onError(error);
          if (!isStopped) retryLater();
        },
      );
    }, RETRY_MS).unref();
  };

  await connect();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(retry);
      release?.();
      await work;
    },
  };
}
