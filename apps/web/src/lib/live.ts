'use client';

import { LiveEvent, type LiveTopic } from '@rankloop/contracts';
import { useEffect, useEffectEvent } from 'react';
import { z } from 'zod';
import { urlOf } from './api-client.ts';
import { openStream, type StreamNotice } from './live-stream.ts';

type Handler = (event: LiveEvent) => void;
type Shared = Exclude<StreamNotice, 'replaced'>;

const CHANNEL = 'rankloop-live';
/** What the tab that reads the stream tells the others. */
const Told = z.union([LiveEvent, z.object({ notice: z.enum(['ended', 'reset']) })]);
const handlers = new Map<LiveTopic, Set<Handler>>();
const noticeHandlers = new Set<(notice: Shared) => void>();
let started = false;

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

function deliver(told: z.infer<typeof Told>): void {
  if ('notice' in told) for (const handler of noticeHandlers) handler(told.notice);
  else for (const handler of handlers.get(told.topic) ?? []) handler(told);
}

function start(): void {
  if (started) return;
  started = true;
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (message: MessageEvent<unknown>) => {
    const told = Told.safeParse(message.data);
    if (told.success) deliver(told.data);
  };
  const tell = (told: z.infer<typeof Told>) => {
    deliver(told);
    channel.postMessage(told);
  };
  const read = () =>
    openStream(urlOf('liveEvents', {}), {
      onEvent: tell,
      onNotice: (notice) => {
        if (notice === 'replaced') readAgainWhenSeen(read);
        else tell({ notice });
      },
    });
  // Web Locks exist on https and localhost only; elsewhere the tab that was looked at last reads.
  if ('locks' in navigator) void navigator.locks.request(CHANNEL, () => new Promise<never>(read));
  else read();
}

/** The tab that took over may be closed by the time a person comes back to this one. */
function readAgainWhenSeen(read: () => void): void {
  const onChange = () => {
    if (document.visibilityState !== 'visible') return;
    document.removeEventListener('visibilitychange', onChange);
    read();
  };
  document.addEventListener('visibilitychange', onChange);
}
