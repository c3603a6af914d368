'use client';

import { diffWordsWithSpace } from 'diff';
import { useDeferredValue, useMemo } from 'react';

/** Typing stays smooth: the difference follows when there is time, and gives up on texts that share too little. */
export function WordDiff({ before, after }: { before: string; after: string }) {
  const late = useDeferredValue(after);
  const parts = useMemo(() => diffWordsWithSpace(before, late, { timeout: 200 }), [before, late]);
  return (
    <div className="md-raw lab-diff">
      {(
        parts ?? [
          { value: before, removed: true, added: false },
          { value: late, added: true, removed: false },
        ]
      ).map((part, i) =>
        part.added ? (
          <ins key={i}>{part.value}</ins>
        ) : part.removed ? (
          <del key={i}>{part.value}</del>
        ) : (
          <span key={i}>{part.value}</span>
        ),
      )}
    </div>
  );
}
