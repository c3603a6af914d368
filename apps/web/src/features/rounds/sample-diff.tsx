'use client';

import { diffWordsWithSpace } from 'diff';

/** What the second text has and the first has not, and the other way round, word by word. */
export function SampleDiff({ before, after }: { before: string; after: string }) {
  // Texts that share too little are given up: then the one stands for the other.
  const parts = diffWordsWithSpace(before, after, { timeout: 100 }) ?? [
    { value: before, removed: true, added: false },
    { value: after, removed: false, added: true },
  ];
  return (
    <p>
      {parts.map(({ value, removed, added }, i) => {
        if (removed) return <del key={i}>{value}</del>;
        return added ? <ins key={i}>{value}</ins> : <span key={i}>{value}</span>;
      })}
    </p>
  );
}
