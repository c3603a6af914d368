'use client';

import { useEffect, useState } from 'react';
import { countActivity, setVisible, startActivity, touch } from './activity.ts';

const TOUCHES = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'scroll', 'touchstart'] as const;

export interface ActivityClock {
  /** Milliseconds with the page visible and the person active. */
  activeMs: () => number;
  lastTouch: () => number;
}

/** Measures one task. `initialMs` is what an earlier visit has counted. */
export function useActivity(initialMs: number): ActivityClock {
  const [meter] = useState(() => makeMeter(initialMs));
  useEffect(() => meter.listen(), [meter]);
  return meter;
}

function makeMeter(initialMs: number) {
  let activity = startActivity(Date.now(), initialMs, document.visibilityState === 'visible');
  const onTouch = () => {
    activity = touch(activity, Date.now());
  };
  const onVisibility = () => {
    activity = setVisible(activity, Date.now(), document.visibilityState === 'visible');
  };
  return {
    activeMs: () => countActivity(activity, Date.now()).activeMs,
    lastTouch: () => activity.lastTouch,
    listen: () => {
      for (const name of TOUCHES) window.addEventListener(name, onTouch, { passive: true, capture: true });
      document.addEventListener('visibilitychange', onVisibility);
      return () => {
        for (const name of TOUCHES) window.removeEventListener(name, onTouch, { capture: true });
        document.removeEventListener('visibilitychange', onVisibility);
      };
    },
  };
}
