import type { JudgementBody, SubmitAnswer } from '@rankloop/contracts';
import { describe, expect, it } from 'vitest';
import { ApiError, NetworkError } from '../../../lib/api-client.ts';
import { waitBeforeRetry, type OutboxItem } from './outbox-item.ts';
import { Outbox, type KeyValueStore } from './outbox.ts';

const BODY: JudgementBody = { outcome: 'unrankable', activeMs: 1 };
const RECEIPT: SubmitAnswer = {
  judgementId: 'j',
  revision: 1,
  counts: true,
  receivedAt: '2030-01-01T10:42:00Z',
};

function item(leaseId: string, queuedAt: number): OutboxItem {
  return { leaseId, projectId: 'p', taskId: `task-${leaseId}`, title: 'A prompt', body: BODY, queuedAt };
}

function refusal(status: number): ApiError {
  return new ApiError({
    type: 't',
    code: 'invalid_judgement',
    title: 'Not complete',
    status,
    requestId: 'r',
  });
}

class MemoryStore implements KeyValueStore {
  readonly map = new Map<string, string>();
  full = false;
  get length() {
    return this.map.size;
  }
  key(index: number) {
    return [...this.map.keys()][index] ?? null;
  }
  getItem(key: string) {
    return this.map.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    if (this.full) throw new Error('QuotaExceededError');
    this.map.set(key, value);
  }
  removeItem(key: string) {
    this.map.delete(key);
  }
}

/** An outbox whose server answers as told, and whose timers run when told. */
function setUp(store = new MemoryStore()) {
  const sent: string[] = [];
  const timers: (() => void)[] = [];
  const server = { answer: (_: OutboxItem): Promise<SubmitAnswer> => Promise.resolve(RECEIPT) };
  const make = () =>
    new Outbox({
      store,
      prefix: 'outbox:anna:',
      send: (sending) => {
        sent.push(sending.leaseId);
        return server.answer(sending);
      },
      exclusively: (work) => work(),
      setTimer: (work) => {
        timers.push(work);
        return () => timers.splice(timers.indexOf(work), 1);
      },
      random: () => 1,
    });
  return { store, sent, timers, server, make, outbox: make() };
}

describe('the outbox', () => {
  it('sends in the order in which answers were given and says when', async () => {
    const { outbox, sent } = setUp();
    outbox.add(item('one', 1));
    outbox.add(item('two', 2));
    await expect.poll(() => outbox.getState().items).toEqual([]);
    expect(sent).toEqual(['one', 'two']);
    expect(outbox.getState().lastSentAt).toBe(RECEIPT.receivedAt);
  });

  it('keeps an answer over a crash, and sends it from the next page', async () => {
    const { outbox, server, make, sent } = setUp();
    server.answer = () => new Promise(() => undefined);
    outbox.add(item('one', 1));
    server.answer = () => Promise.resolve(RECEIPT);
    const afterCrash = make();
    expect(afterCrash.getState().items).toHaveLength(1);
    await afterCrash.flush();
    expect(afterCrash.getState().items).toEqual([]);
    expect(sent).toEqual(['one', 'one']);
  });

  it.each([
    ['the network is gone', new NetworkError(), 'retry'],
    ['the server fails', refusal(503), 'retry'],
    ['the session ended', refusal(401), 'sign-in'],
  ] as const)('holds everything back while %s, then sends it', async (_, error, blocked) => {
    const { outbox, server, timers, sent } = setUp();
    server.answer = () => Promise.reject(error);
    outbox.add(item('one', 1));
    outbox.add(item('two', 2));
    await expect.poll(() => timers.length).toBe(1);
    expect(outbox.getState()).toMatchObject({ blocked, sending: null });
    expect(sent).toEqual(['one']);
    server.answer = () => Promise.resolve(RECEIPT);
    timers[0]?.();
    await expect.poll(() => outbox.getState().items).toEqual([]);
    expect(outbox.getState().blocked).toBeNull();
  });

  it.each([404, 409, 422])(
    'keeps an answer that is refused with %i, with the reason, and goes on',
    async (status) => {
      const { outbox, server, sent } = setUp();
      server.answer = (sending) =>
        sending.leaseId === 'one' ? Promise.reject(refusal(status)) : Promise.resolve(RECEIPT);
      outbox.add(item('one', 1));
      outbox.add(item('two', 2));
      await expect.poll(() => sent).toEqual(['one', 'two']);
      await expect.poll(() => outbox.getState().items.map((kept) => kept.refusal?.status)).toEqual([status]);
      expect(outbox.take('one')?.body).toEqual(BODY);
    },
  );

  it('gives an answer back only while it is not on its way', () => {
    const { outbox, server } = setUp();
    server.answer = () => new Promise(() => undefined);
    outbox.add(item('one', 1));
    outbox.add(item('two', 2));
    expect(outbox.take('one')).toBeNull();
    expect(outbox.take('two')?.leaseId).toBe('two');
    expect(outbox.getState().items.map((kept) => kept.leaseId)).toEqual(['one']);
  });

  it('still sends when the browser has no room left', async () => {
    const { outbox, store, server, sent } = setUp();
    store.full = true;
    server.answer = () => Promise.reject(new NetworkError());
    outbox.add(item('one', 1));
    await expect.poll(() => outbox.getState().blocked).toBe('retry');
    expect(outbox.getState().items).toHaveLength(1);
    server.answer = () => Promise.resolve(RECEIPT);
    outbox.retryNow();
    await expect.poll(() => outbox.getState().items).toEqual([]);
    expect(sent).toEqual(['one', 'one']);
  });

  it("leaves other people's answers and spoiled entries alone", () => {
    const store = new MemoryStore();
    store.setItem('outbox:ben:one', JSON.stringify(item('one', 1)));
    store.setItem('outbox:anna:two', '{"leaseId":');
    expect(setUp(store).outbox.getState().items).toEqual([]);
    expect(store.length).toBe(2);
  });

  it('waits longer after each failure, up to a minute', () => {
    expect([1, 2, 3, 10].map((failures) => waitBeforeRetry(failures, 1))).toEqual([1000, 2000, 4000, 60_000]);
    expect(waitBeforeRetry(2, 0)).toBe(1000);
  });
});
