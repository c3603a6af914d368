'use client';

import { labelingRoutes } from '@rankloop/contracts';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { call } from '../../../lib/api-client.ts';
import type { OutboxItem } from './outbox-item.ts';
import { Outbox, type OutboxState } from './outbox.ts';

/** One outbox a person and page: it goes on sending while other pages are open. */
const outboxes = new Map<string, Outbox>();

function outboxOf(userId: string): Outbox {
  const known = outboxes.get(userId);
  if (known) return known;
  const outbox = new Outbox({
    store: localStorage,
    prefix: `rankloop-outbox:${userId}:`,
    send,
    exclusively: (work) => exclusively(`rankloop-outbox:${userId}`, work),
    setTimer: (work, ms) => {
      const timer = setTimeout(work, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
  });
  outboxes.set(userId, outbox);
  return outbox;
}

function send(item: OutboxItem) {
  const params = { projectId: item.projectId, leaseId: item.leaseId };
  return item.replaces === undefined
    ? call(labelingRoutes.submitJudgement, { params, body: item.body })
    : call(labelingRoutes.reviseJudgement, {
        params,
        body: { revision: item.replaces, judgement: item.body },
      });
}

/** Two tabs must not send the same items; where there are no locks the server makes repeats harmless. */
async function exclusively(name: string, work: () => Promise<void>): Promise<void> {
  if (!('locks' in navigator)) return work();
  await navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock ? work() : undefined));
}

export function useOutbox(userId: string): { outbox: Outbox; state: OutboxState } {
  const [outbox] = useState(() => outboxOf(userId));
  const state = useSyncExternalStore(outbox.subscribe, outbox.getState, outbox.getState);
  useEffect(() => {
    const retry = () => outbox.retryNow();
    const onStorage = () => outbox.reload();
    window.addEventListener('online', retry);
    window.addEventListener('storage', onStorage);
    retry();
    return () => {
      window.removeEventListener('online', retry);
      window.removeEventListener('storage', onStorage);
    };
  }, [outbox]);
  return { outbox, state };
}
