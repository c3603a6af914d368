import { LiveEvent } from '@rankloop/contracts';
import { maySee, type StoredLiveEvent, type StreamRights } from '@rankloop/core';
import type { Writable } from 'node:stream';

/** A reader this far behind is cut off; it comes back with Last-Event-ID. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** One browser's open stream. What is told while it still catches up waits until it has. */
export class EventStream {
  readonly sessionId: string;
  rights: StreamRights;
  readonly #output: Writable;
  #waiting: StoredLiveEvent[] | null = [];
  /** What it caught up with; the notice that one of them is there may come later than the event itself was read. */
  #caughtUp: ReadonlySet<string> = new Set();

  constructor(output: Writable, sessionId: string, rights: StreamRights) {
    this.#output = output;
    this.sessionId = sessionId;
    this.rights = rights;
  }

  tell(event: StoredLiveEvent): void {
    if (this.#waiting) this.#waiting.push(event);
    else if (!this.#caughtUp.has(event.id)) this.#send(event);
  }

  /** Sends what was missed, then what came meanwhile, and from now on everything at once. */
  catchUp(missed: readonly StoredLiveEvent[], newestId: string): void {
    this.#caughtUp = new Set(missed.map((event) => event.id));
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const event of missed) this.#send(event);
    // Where the stream stands, so that a break before the first event loses nothing.
    if (missed.length === 0) this.#write(`event: position\nid: ${newestId}\ndata: {}\n\n`);
    for (const event of waiting) this.tell(event);
  }

  /** Too much was missed: the page reads everything afresh. */
  reset(): void {
    this.#write('event: reset\ndata: {}\n\n');
  }

  beat(): void {
    this.#write(': heartbeat\n\n');
  }

  /** `replaced`: a newer stream of this browser took over, do not come back. `ended`: sign in again. */
  close(reason: 'replaced' | 'ended' | 'restart'): void {
    if (reason !== 'restart') this.#write(`event: ${reason}\ndata: {}\n\n`);
    this.#output.end();
  }

  #send(event: StoredLiveEvent): void {
    if (!maySee(this.rights, event)) return;
    // Parsed, so that only the contract's fields leave.
    this.#write(`id: ${event.id}\ndata: ${JSON.stringify(LiveEvent.parse(event))}\n\n`);
  }

  #write(text: string): void {
    if (this.#output.destroyed || this.#output.writableEnded) return;
    this.#output.write(text);
    if (this.#output.writableLength > MAX_UNREAD_BYTES) this.#output.destroy();
  }
}
