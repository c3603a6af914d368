'use client';

import { useSyncExternalStore } from 'react';

const TICK_MS = 30_000;

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = new Date();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  now = new Date();
  for (const listener of listeners) listener();
}

/** The clock stands still while nobody listens: the first reader after a pause sets it. */
function read(): Date {
  if (Date.now() - now.getTime() >= TICK_MS) now = new Date();
  return now;
}

/** The time of day for words such as "5 min. ago", to half a minute: one timer for all that show it. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, read, read);
}
