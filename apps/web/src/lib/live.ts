'use client';

import { LiveEvent, type LiveTopic, systemRoutes } from '@rankloop/contracts';
import { useEffect, useEffectEvent } from 'react';
import { z } from 'zod';
import { urlOf } from './api-client.ts';
import { openStream, type StreamNotice } from './live-stream.ts';

type Handler = (event: LiveEvent) => void;
type Shared = Exclude<StreamNotice, 'replaced'>;

const CHANNEL = 'rankloop-live';
/** What the tab that reads the stream tells the others. */
const Told = z.union([
  LiveEvent,
  z.object({ notice: z.enum(['ended', 'reset']) }),
  /** Id of the newest event that was heard. */
  z.object({ position: z.string() }),
]);
type Told = z.infer<typeof Told>;
/** What tabs say about the reading itself: where does it stand, and that the one that reads goes away. */
const Said = z.object({ say: z.enum(['where', 'leaving']) });
type Said = z.infer<typeof Said>;

const handlers = new Map<LiveTopic, Set<Handler>>();
const noticeHandlers = new Set<(notice: Shared) => void>();
let started = false;
/** Until here this tab has heard everything, itself or from the tab that reads: where it goes on if it is to read. */
let position: string | undefined;

/**
 * Calls `handler` for every live event of a topic. All tabs of this browser share one stream:
 * the tab that holds the lock reads it and tells the others, because the server keeps one stream per session.
 */
export function useLive(topic: LiveTopic, handler: Handler): void {
  const onEvent = useEffectEvent(handler);
  useEffect(() => {
    start();
    const listener: Handler = (event) => onEvent(event);
    const listeners = handlers.get(topic) ?? new Set();
    handlers.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }, [topic]);
}

/** Calls `handler` when the session is over (`ended`) or too much was missed (`reset`). */
export function useLiveNotices(handler: (notice: Shared) => void): void {
  const onNotice = useEffectEvent(handler);
  useEffect(() => {
    start();
    const listener = (notice: Shared) => onNotice(notice);
    noticeHandlers.add(listener);
    return () => {
      noticeHandlers.delete(listener);
    };
  }, []);
}

function deliver(told: Told): void {
  if ('notice' in told) {
    for (const handler of noticeHandlers) handler(told.notice);
  } else if ('position' in told) {
    position = told.position;
  } else {
    position = told.id;
    for (const handler of handlers.get(told.topic) ?? []) handler(told);
  }
}

function start(): void {
  if (started) return;
  started = true;
  const channel = new BroadcastChannel(CHANNEL);
  const post = (message: Told | Said) => channel.postMessage(message);
  channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const told = Told.safeParse(data);
    if (told.success) deliver(told.data);
    else if (position !== undefined && isSaid(data, 'where')) post({ position });
  });
  post({ say: 'where' });
  const tell = (told: Told) => {
    deliver(told);
    post(told);
  };
  let isReading = false;
  const read = () => {
    isReading = true;
    openStream(() => urlOf(systemRoutes.liveEvents, { query: { after: position } }), {
      onEvent: tell,
      onPosition: (lastEventId) => tell({ position: lastEventId }),
      onNotice: (notice) => {
        if (notice === 'replaced') {
          isReading = false;
          readAgainWhenSeen(channel, read);
        } else tell({ notice });
      },
    });
  };
  // Web Locks exist on https and localhost only; elsewhere the tab that was looked at last reads.
  if ('locks' in navigator) {
    void navigator.locks.request(CHANNEL, () => new Promise<never>(read));
  } else {
    read();
    window.addEventListener('pagehide', () => isReading && post({ say: 'leaving' }));
  }
}

/** A tab in sight takes the stream back when the one that took over goes away, others when a person returns to them. */
function readAgainWhenSeen(channel: BroadcastChannel, read: () => void): void {
  const waiting = new AbortController();
  const look = () => {
    if (document.visibilityState !== 'visible') return;
    waiting.abort();
    read();
  };
  const { signal } = waiting;
  document.addEventListener('visibilitychange', look, { signal });
  const onMessage = ({ data }: MessageEvent<unknown>) => isSaid(data, 'leaving') && look();
  channel.addEventListener('message', onMessage, { signal });
}

function isSaid(data: unknown, say: Said['say']): boolean {
  const said = Said.safeParse(data);
  return said.success && said.data.say === say;
}
