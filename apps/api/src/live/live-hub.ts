import {
  findLiveEvents,
  findStreamRights,
  getLiveEventBounds,
  listLiveEventsAfter,
  trimLiveEvents,
  type StoredLiveEvent,
} from '@rankloop/core';
import type { Db } from '@rankloop/db';
import type { FastifyBaseLogger } from 'fastify';
import type { Writable } from 'node:stream';
import { EventStream } from './event-stream.ts';
import { listen, type Listening } from './listen.ts';

const HEARTBEAT_MS = 15_000;
const TRIM_MS = 60 * 60_000;
const MAX_REPLAY = 1000;

export interface OpenStreamOptions {
  output: Writable;
  sessionId: string;
  /** What the browser heard last; absent on its first visit. */
  lastEventId: string | undefined;
}

/** All open streams of this process, fed by the one connection that listens to PostgreSQL. */
export class LiveHub {
  readonly #db: Db;
  readonly #log: FastifyBaseLogger;
  readonly #streams = new Map<string, EventStream>();
  readonly #timers: NodeJS.Timeout[] = [];
  #listening: Listening | undefined;
  #newestSeen = '0';

  constructor(db: Db, log: FastifyBaseLogger, heartbeatMs = HEARTBEAT_MS) {
    this.#db = db;
    this.#log = log;
    this.#every(heartbeatMs, () => this.#heartbeat());
    this.#every(TRIM_MS, () => trimLiveEvents(db));
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  async start(): Promise<void> {
    this.#newestSeen = (await getLiveEventBounds(this.#db.pool)).newest;
    this.#listening = await listen({
      pool: this.#db.pool,
      channel: 'rankloop_event',
      onMessages: async (ids) => this.#tell(await findLiveEvents(this.#db.pool, ids)),
      onReconnect: () => this.#catchUp(),
      onError: (error) => this.#log.warn({ err: error }, 'the event listener lost its connection'),
    });
  }

  /** @returns false when the session has ended meanwhile */
  async open({ output, sessionId, lastEventId }: OpenStreamOptions): Promise<boolean> {
    const { pool } = this.#db;
    const rights = (await findStreamRights(pool, [sessionId])).get(sessionId);
    if (!rights || output.destroyed) return false;
    const stream = new EventStream(output, sessionId, rights);
    this.#streams.get(sessionId)?.close('replaced');
    this.#streams.set(sessionId, stream);
    output.on('close', () => {
      if (this.#streams.get(sessionId) === stream) this.#streams.delete(sessionId);
    });
    const { oldest, newest } = await getLiveEventBounds(pool);
    // What a browser heard of another life of this database, before a restore, is ahead of all there is now.
    const last = lastEventId !== undefined && /^\d{1,18}$/.test(lastEventId) ? BigInt(lastEventId) : null;
    const missed = last === null ? [] : await listLiveEventsAfter(pool, String(last), MAX_REPLAY);
    const isGap =
      last !== null && (last < BigInt(oldest) - 1n || missed.length === MAX_REPLAY || last > BigInt(newest));
    if (isGap) stream.reset();
    stream.catchUp(isGap ? [] : missed, newest);
    return true;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const stream of this.#streams.values()) stream.close('restart');
    this.#streams.clear();
    await this.#listening?.stop();
  }

  async #tell(events: readonly StoredLiveEvent[]): Promise<void> {
    for (const event of events) {
      if (BigInt(event.id) > BigInt(this.#newestSeen)) this.#newestSeen = event.id;
      // A person's rights changed: before anything else is told to them, look again.
      if (event.topic === 'person' && event.userId !== null) await this.#recheck(event.userId);
      for (const stream of this.#streams.values()) stream.tell(event);
    }
  }

  /** After a lost connection: what was missed, or afresh when the database went back to an earlier state. */
  async #catchUp(): Promise<void> {
    const { newest } = await getLiveEventBounds(this.#db.pool);
    if (BigInt(newest) < BigInt(this.#newestSeen)) {
      this.#newestSeen = newest;
      for (const stream of this.#streams.values()) stream.reset();
      return;
    }
    await this.#tell(await listLiveEventsAfter(this.#db.pool, this.#newestSeen, MAX_REPLAY));
  }

  /** Ends the streams of sessions that are over, and takes over changed roles. */
  async #recheck(userId?: string): Promise<void> {
    const streams = [...this.#streams.values()].filter(
      (stream) => userId === undefined || stream.rights.userId === userId,
    );
    if (streams.length === 0) return;
    const rights = await findStreamRights(
      this.#db.pool,
      streams.map((stream) => stream.sessionId),
    );
    for (const stream of streams) {
      const now = rights.get(stream.sessionId);
      if (now) stream.rights = now;
      else stream.close('ended');
    }
  }

  async #heartbeat(): Promise<void> {
    for (const stream of this.#streams.values()) stream.beat();
    await this.#recheck();
  }

  #every(ms: number, work: () => Promise<unknown>): void {
    const timer = setInterval(() => {
      work().catch((error: unknown) => this.#log.warn({ err: error }, 'live events: periodic work failed'));
    }, ms);
    this.#timers.push(timer.unref());
  }
}
