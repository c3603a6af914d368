// Which programs have a session open, and how many bytes that takes.

import { totalmem } from 'node:os';

/** Someone who holds a session and can do without it for a while. */
export interface SessionHolder {
  /** Moves the state out and closes the session; the next run opens one again. */
  closeSession(): void;
}

export class SessionPool {
  readonly #limitBytes: number;
  /** Least recently used first. */
  readonly #open = new Map<SessionHolder, number>();

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return [...this.#open.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** Says that `holder` is about to open a session or use it; others give way, the longest unused first. */
  use(holder: SessionHolder, bytes: number): void {
    this.#open.delete(holder);
    for (const other of [...this.#open.keys()]) {
      if (this.bytes + bytes <= this.#limitBytes) break;
      this.#open.delete(other);
      other.closeSession();
    }
    this.#open.set(holder, bytes);
  }

  closed(holder: SessionHolder): void {
    this.#open.delete(holder);
  }
}

/** The pool of this process: sessions may take half of the machine's memory together. */
export const sessionPool = new SessionPool(totalmem() / 2);
