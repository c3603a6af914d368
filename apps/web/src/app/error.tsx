'use client';

import { describeError } from '../lib/describe-error.ts';

/** Comes with every page, so it is plain: no part of the library for a page that hardly anybody sees. */
export default function PageError({ error, reset }: { error: Error; reset: () => void }) {
  const { title, text, reference } = describeError(error);
  return (
    <main className="rl-page" id="content">
      <div className="rl-panel rl-plain" role="alert">
        <h1>{title}</h1>
        <p>{text} Answers that you already gave are kept.</p>
        {reference !== '' && <small>Request {reference}</small>}
        <button type="button" onClick={reset}>
          Try again
        </button>
      </div>
    </main>
  );
}
