'use client';

import { LiveEvent, LiveTopic } from '@rankloop/contracts';
import { useEffect, useEffectEvent } from 'react';
import { urlOf } from './api-client.ts';

type Handler = (event: LiveEvent) => void;

const CHANNEL = 'rankloop-live';
const RETRY_MS = 3000;
const handlers = new Map<LiveTopic, Set<Handler>>();
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

function deliver(event: LiveEvent): void {
  for (const handler of handlers.get(event.topic) ?? []) handler(event);
}

function start(): void {
  if (started) return;
  started = true;
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (message: MessageEvent<unknown>) => {
    const event = LiveEvent.safeParse(message.data);
    if (event.success) deliver(event.data);
  };
  const read = () =>
    openStream((event) => {
      deliver(event);
      channel.postMessage(event);
    });
  // Web Locks exist on https and localhost only; elsewhere each tab reads while it is looked at.
  if ('locks' in navigator) void navigator.locks.request(CHANNEL, () => new Promise<never>(read));
  else read();
}

function openStream(onEvent: Handler): void {
  const source = new EventSource(urlOf('liveEvents', {}));
  const onMessage = (message: MessageEvent<string>) => {
    const event = LiveEvent.safeParse(parseJson(message.data));
    if (event.success) onEvent(event.data);
  };
  source.addEventListener('message', onMessage);
  for (const topic of LiveTopic.options) source.addEventListener(topic, onMessage);
  source.addEventListener('error', () => {
    // The browser reconnects by itself after a cut line, but not after a refusal (signed out, server starting).
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => openStream(onEvent), RETRY_MS);
    }
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
