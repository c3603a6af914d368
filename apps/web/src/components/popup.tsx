'use client';

import {
  useEffect,
  useId,
  useRef,
  useState,
  type HTMLAttributes,
  type RefObject,
  type ToggleEvent,
} from 'react';

const GAP_PX = 4;
const EDGE_PX = 8;
/** Below this much room the box opens upwards, where there is more. */
const ENOUGH_PX = 240;

export interface Popup {
  /** From just before the box is shown until it is gone: its contents exist only then. */
  opened: boolean;
  close: () => void;
  /** For the button that opens it. The browser opens and closes the box by itself, also before the page is alive. */
  target: { popoverTarget: string; 'aria-expanded': boolean };
  /** For the element that is shown: in the top layer, so that no table or panel cuts it off. */
  box: HTMLAttributes<HTMLDivElement> & { ref: RefObject<HTMLDivElement | null>; popover: 'auto' };
}

interface UsePopupOptions {
  /** Which edges of button and box are in line. */
  align: 'start' | 'end';
  /** Where the focus goes, as a selector within the box. */
  focus: string;
}

/** A box that a button opens and that Escape, a click elsewhere or the button itself closes. */
export function usePopup({ align, focus }: UsePopupOptions): Popup {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [opened, setOpened] = useState(false);
  useEffect(() => {
    if (!opened) return;
    // The box stands still while the page moves below it: it follows its button.
    const follow = () => place(box.current, align);
    const options = { capture: true, passive: true };
    window.addEventListener('scroll', follow, options);
    window.addEventListener('resize', follow);
    return () => {
      window.removeEventListener('scroll', follow, options);
      window.removeEventListener('resize', follow);
    };
  }, [opened, align]);
  return {
    opened,
    close: () => box.current?.hidePopover(),
    target: { popoverTarget: id, 'aria-expanded': opened },
    box: {
      ref: box,
      id,
      popover: 'auto',
      onBeforeToggle: ({ newState }: ToggleEvent<HTMLDivElement>) => {
        if (newState !== 'open') return;
        place(box.current, align);
        setOpened(true);
      },
      onToggle: ({ newState }: ToggleEvent<HTMLDivElement>) => {
        // The contents go only now: the focus returns to the button from within them.
        if (newState === 'open') box.current?.querySelector<HTMLElement>(focus)?.focus();
        else setOpened(false);
      },
    },
  };
}

function place(box: HTMLElement | null, align: 'start' | 'end'): void {
  const button = box && document.querySelector(`[popovertarget="${box.id}"]`)?.getBoundingClientRect();
  if (!button) return;
  const { clientWidth: width, clientHeight: height } = document.documentElement;
  const below = height - button.bottom - GAP_PX - EDGE_PX;
  const above = button.top - GAP_PX - EDGE_PX;
  const opensUp = below < ENOUGH_PX && above > below;
  box.style.top = opensUp ? 'auto' : `${button.bottom + GAP_PX}px`;
  box.style.bottom = opensUp ? `${height - button.top + GAP_PX}px` : 'auto';
  box.style.maxHeight = `${opensUp ? above : below}px`;
  const inset = align === 'start' ? button.left : width - button.right;
  // The sheet says how wide it is; neither side leaves the window.
  const within = `max(${EDGE_PX}px, min(${inset}px, ${width - EDGE_PX}px - var(--rl-popup-width)))`;
  box.style.left = align === 'start' ? within : 'auto';
  box.style.right = align === 'end' ? within : 'auto';
}
