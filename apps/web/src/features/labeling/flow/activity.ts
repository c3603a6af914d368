/** A person who has not touched anything for this long is taken to be away. */
export const IDLE_AFTER_MS = 30_000;

export interface Activity {
  activeMs: number;
  /** Up to when time has been counted; null while the page is hidden. */
  countedTo: number | null;
  lastTouch: number;
}

export function startActivity(now: number, activeMs: number, visible: boolean): Activity {
  return { activeMs, countedTo: visible ? now : null, lastTouch: now };
}

/** Counts the time since the last look, as far as the person was there. */
export function countActivity(activity: Activity, now: number): Activity {
  if (activity.countedTo === null) return activity;
  const until = Math.min(now, activity.lastTouch + IDLE_AFTER_MS);
  return {
    ...activity,
    activeMs: activity.activeMs + Math.max(0, until - activity.countedTo),
    countedTo: now,
  };
}

export function touch(activity: Activity, now: number): Activity {
  return { ...countActivity(activity, now), lastTouch: now };
}

export function setVisible(activity: Activity, now: number, visible: boolean): Activity {
  if (!visible) return { ...countActivity(activity, now), countedTo: null };
  return { ...activity, countedTo: activity.countedTo ?? now, lastTouch: now };
}
