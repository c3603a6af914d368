'use client';

import { useEffect, useState } from 'react';
import { exactTime, relativeTime } from '../lib/time.ts';

const TICK_MS = 30_000;

/** A time in words, with the exact one on hover. */
export function RelativeTime({ at }: { at: string | null }) {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  if (at === null) return <span>-</span>;
  const date = new Date(at);
  return (
    <time dateTime={at} title={exactTime(date)} suppressHydrationWarning style={{ whiteSpace: 'nowrap' }}>
      {relativeTime(date, now)}
    </time>
  );
}
