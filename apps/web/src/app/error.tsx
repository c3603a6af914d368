'use client';

import { ErrorState } from '../components/states.tsx';

export default function PageError({ error, reset }: { error: Error; reset: () => void }) {
  return (
    <main className="rl-page">
      <ErrorState error={error} safe="Answers that you already gave are kept." onRetry={reset} />
    </main>
  );
}
