'use client';

import { lazy, Suspense, useState } from 'react';
import { LoadingSkeleton } from './states.tsx';

// What writes YAML is large: it comes to who asks for it.
const YamlView = lazy(() => import('./yaml-view.tsx').then((part) => ({ default: part.YamlView })));

/** Settings behind a line that opens them. */
export function YamlDetails({ summary, value }: { summary: string; value: unknown }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details className="rl-details" open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>{summary}</summary>
      {isOpen && (
        <Suspense fallback={<LoadingSkeleton lines={12} />}>
          <YamlView value={value} />
        </Suspense>
      )}
    </details>
  );
}
