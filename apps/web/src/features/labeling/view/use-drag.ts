'use client';

import { useEffect, useEffectEvent, useState } from 'react';
import { placeUnder, type Box } from './place-under.ts';

/** A mouse that moves this far drags; before that it clicks. */
const MOUSE_PX = 6;
/** A finger that rests this long drags; one that moves sooner by more than this scrolls. */
const REST_MS = 150;
const REST_PX = 8;

/** What somebody holds and where. */
export interface Held {
  /** Of the draggable element, as in its `data-drag`. */
  drag: string;
  x: number;
  y: number;
  /** Of the place that would take it, as in its `data-drop`. */
  over: string | null;
}

/** Elements with `data-drag` are picked up and put down on elements with `data-drop`, by mouse, pen or finger. */
export function useDrag(onDrop: (drag: string, drop: string) => void): Held | null {
  const [held, setHeld] = useState<Held | null>(null);
  const drop = useEffectEvent(onDrop);
  useEffect(() => {
    let stop: () => void = () => undefined;
    const onDown = (event: PointerEvent) => {
      const source = event.target instanceof Element ? event.target.closest('[data-drag]') : null;
      if (source === null || event.button !== 0 || !event.isPrimary) return;
      stop();
      stop = follow(event, source.getAttribute('data-drag') ?? '', {
        setHeld,
        drop: (drag, place) => drop(drag, place),
      });
    };
    document.addEventListener('pointerdown', onDown);
    return () => {
      document.removeEventListener('pointerdown', onDown);
      stop();
    };
  }, []);
  return held;
}

interface Hand {
  setHeld: (held: Held | null) => void;
  drop: (drag: string, drop: string) => void;
}

/** From the press of one pointer to its release; the function that comes back gives up at once. */
function follow(down: PointerEvent, drag: string, { setHeld, drop }: Hand): () => void {
  const { pointerId, pointerType, clientX, clientY } = down;
  const end = new AbortController();
  let held: Held | null = null;
  const hold = (x: number, y: number) => {
    held = { drag, x, y, over: placeUnder({ x, y }, dropBoxes()) };
    setHeld(held);
  };
  const rest = pointerType === 'touch' ? setTimeout(() => hold(clientX, clientY), REST_MS) : undefined;
  const finish = () => {
    clearTimeout(rest);
    end.abort();
    if (held !== null) setHeld(null);
  };
  const listen = <K extends keyof DocumentEventMap>(
    name: K,
    listener: (event: DocumentEventMap[K]) => void,
  ) => document.addEventListener(name, listener, { signal: end.signal, passive: false });
  listen('pointermove', (event) => {
    if (event.pointerId !== pointerId) return;
    const moved = Math.hypot(event.clientX - clientX, event.clientY - clientY);
    if (held !== null || (pointerType !== 'touch' && moved >= MOUSE_PX)) hold(event.clientX, event.clientY);
    else if (moved > REST_PX) finish();
  });
  listen('pointerup', (event) => {
    if (event.pointerId !== pointerId) return;
    const over = held?.over ?? null;
    finish();
    if (over !== null) drop(drag, over);
  });
  listen('pointercancel', finish);
  listen('keydown', ({ key }) => key === 'Escape' && finish());
  // Else the browser takes the movement for a swipe, and the next tap only for the end of its momentum.
  listen('touchmove', (event) => held !== null && event.preventDefault());
  // A finger that rests asks for a menu, a mouse that moves marks text: neither while something is held.
  listen('contextmenu', (event) => held !== null && event.preventDefault());
  listen('selectstart', (event) => event.preventDefault());
  return finish;
}

function dropBoxes(): (Box & { id: string })[] {
  return Array.from(document.querySelectorAll('[data-drop]'), (element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return { id: element.getAttribute('data-drop') ?? '', left, top, right, bottom };
  });
}
