import type { SubmitAnswer } from '@rankloop/contracts';
import { ApiError } from '../../../lib/api-client.ts';
import { parseItem, verdictOf, waitBeforeRetry, type OutboxItem, type Verdict } from './outbox-item.ts';

/** The part of `Storage` that is used. */
export interface KeyValueStore {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface OutboxDeps {
  store: KeyValueStore;
  /** Begins the keys of one person's items. */
  prefix: string;
  send: (item: OutboxItem) => Promise<SubmitAnswer>;
  /** Runs `work` unless another tab is sending. */
  exclusively: (work: () => Promise<void>) => Promise<void>;
  setTimer: (work: () => void, ms: number) => () => void;
  random: () => number;
}

export interface OutboxState {
  items: readonly OutboxItem[];
  sending: string | null;
  /** Why nothing moves, when nothing does. */
  blocked: Exclude<Verdict, 'refused'> | null;
  lastSentAt: string | null;
}

type Receipt = (item: OutboxItem, answer: SubmitAnswer) => void;

/**
 * Sends answers one after another until the server has them. Each is written to the store before anything else
 * happens, and leaves it only with the server's receipt or by a person's hand; the server makes repeats harmless.
 */
export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #listeners = new Set<() => void>();
  readonly #receipts = new Set<Receipt>();
  #state: OutboxState;
  #failures = 0;
  #cancelTimer: (() => void) | null = null;
  #flushing = false;
  /** Items that the store had no room for. They live as long as the page. */
  readonly #homeless = new Map<string, OutboxItem>();

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#state = { items: this.#read(), sending: null, blocked: null, lastSentAt: null };
  }

  readonly getState = (): OutboxState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  onReceipt(receipt: Receipt): () => void {
    this.#receipts.add(receipt);
    return () => this.#receipts.delete(receipt);
  }

  add(item: OutboxItem): void {
    this.#write(item);
    this.#update({});
    void this.flush();
  }

  /** Takes an item back before it is sent, to go on working on it; null once it is on its way or gone. */
  take(leaseId: string): OutboxItem | null {
    const item = this.#state.items.find((candidate) => candidate.leaseId === leaseId);
    if (!item || this.#state.sending === leaseId) return null;
    this.#remove(leaseId);
    this.#update({});
    return item;
  }

  /** Another tab changed the store. */
  reload(): void {
    this.#update({});
  }

  /** Tries at once: the network came back, or a person asked. */
  retryNow(): void {
    this.#failures = 0;
    void this.flush();
  }

  async flush(): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    try {
      await this.#deps.exclusively(() => this.#sendAll());
    } finally {
      this.#flushing = false;
      this.#update({ sending: null });
    }
    if (this.#waiting().length > 0) this.#later();
  }

  async #sendAll(): Promise<void> {
    for (let item = this.#next(); item; item = this.#next()) {
      this.#update({ sending: item.leaseId });
      try {
        const answer = await this.#deps.send(item);
        this.#failures = 0;
        this.#remove(item.leaseId);
        this.#update({ sending: null, blocked: null, lastSentAt: answer.receivedAt });
        for (const receipt of this.#receipts) receipt(item, answer);
      } catch (error) {
        const verdict = verdictOf(error);
        if (verdict !== 'refused') {
          this.#failures += 1;
          this.#update({ sending: null, blocked: verdict });
          return;
        }
        if (error instanceof ApiError) this.#write({ ...item, refusal: error.problem });
        this.#update({ sending: null, blocked: null });
      }
    }
  }

  #later(): void {
    const wait = waitBeforeRetry(this.#failures, this.#deps.random());
    this.#cancelTimer = this.#deps.setTimer(() => void this.flush(), wait);
  }

  #waiting(): OutboxItem[] {
    return this.#read().filter((item) => item.refusal === undefined);
  }

  #next(): OutboxItem | undefined {
    return this.#waiting()[0];
  }

  #key(leaseId: string): string {
    return `${this.#deps.prefix}${leaseId}`;
  }

  #read(): OutboxItem[] {
    const { store, prefix } = this.#deps;
    const stored = Array.from({ length: store.length }, (_, i) => store.key(i))
      .filter((key): key is string => key !== null && key.startsWith(prefix))
      .map((key) => parseItem(store.getItem(key) ?? ''))
      .filter((item): item is OutboxItem => item !== null);
    return [...stored, ...this.#homeless.values()].sort((a, b) => a.queuedAt - b.queuedAt);
  }

  #write(item: OutboxItem): void {
    try {
      this.#deps.store.setItem(this.#key(item.leaseId), JSON.stringify(item));
      this.#homeless.delete(item.leaseId);
    } catch {
      this.#homeless.set(item.leaseId, item);
    }
  }

  #remove(leaseId: string): void {
    this.#deps.store.removeItem(this.#key(leaseId));
    this.#homeless.delete(leaseId);
  }

  #update(change: Partial<Omit<OutboxState, 'items'>>): void {
    this.#state = { ...this.#state, ...change, items: this.#read() };
    for (const listener of this.#listeners) listener();
  }
}
