'use client';

import { exactTime, relativeTime } from '../lib/time.ts';
import { useNow } from '../lib/use-now.ts';

/** A time in words, with the exact one on hover. */
export function RelativeTime({ at }: { at: string | null }) {
  const now = useNow();
  if (at === null) return <span>-</span>;
  const date = new Date(at);
  return (
    <time dateTime={at} title={exactTime(date)} suppressHydrationWarning style={{ whiteSpace: 'nowrap' }}>
      {relativeTime(date, now)}
    </time>
  );
}
