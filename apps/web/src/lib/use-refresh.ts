'use client';

import { useQueryClient, type QueryKey } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';

/**
 * Reads a query again, at most once in `everyMs` however often it is asked: live events may come in bursts.
 * The last request of a burst is never lost.
 */
export function useRefresh(queryKey: QueryKey, everyMs = 1000): () => void {
  const queryClient = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const readAt = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  return () => {
    if (timer.current !== undefined) return;
    const wait = Math.max(0, readAt.current + everyMs - Date.now());
    timer.current = setTimeout(() => {
      timer.current = undefined;
      readAt.current = Date.now();
      void queryClient.invalidateQueries({ queryKey });
    }, wait);
  };
}
