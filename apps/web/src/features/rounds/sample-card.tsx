'use client';

import type { SampleRow } from '@rankloop/contracts';
import dynamic from 'next/dynamic';
import { counted, measured } from '../../lib/format.ts';
import { ROLE_NAMES } from '../../lib/message-roles.ts';
import { columnsOf, type Output } from './sample-columns.ts';

// What finds differences comes when somebody asks for them; the rest of the page stays meanwhile.
const SampleDiff = dynamic(() => import('./sample-diff.tsx').then(({ SampleDiff: Diff }) => Diff), {
  loading: () => <p>...</p>,
});

interface SampleCardProps {
  row: SampleRow;
  /** The newest output up to this one counts as now. */
  step: number;
  showsDifferences: boolean;
}

/** One prompt with what each policy wrote for it, side by side. */
export function SampleCard({ row, step, showsDifferences }: SampleCardProps) {
  const shown = columnsOf(row, step);
  return (
    <article className="rl-panel rounds-sample">
      {row.conversation.map((message, i) => (
        <p key={i}>
          <strong>{row.conversation.length === 1 ? 'Prompt' : ROLE_NAMES[message.role]}:</strong>{' '}
          {message.content}
        </p>
      ))}
      <div className="rounds-outputs">
        {shown.map(({ title, output, against }) => (
          <div key={title}>
            <h3>{title}</h3>
            {showsDifferences && against ? (
              <SampleDiff before={against.text.trim()} after={output.text.trim()} />
            ) : (
              <p>{output.text.trim() === '' ? '(empty)' : output.text.trim()}</p>
            )}
            <small>{figuresOf(output)}</small>
          </div>
        ))}
      </div>
    </article>
  );
}

function figuresOf({ score, kl, text, tokens }: Output): string {
  return [
    ...(score === null ? [] : [`score ${measured(score)}`]),
    ...(kl === null ? [] : [`KL ${measured(kl)} nats`]),
    tokens === null ? counted(text.length, 'character') : counted(tokens, 'token'),
  ].join(', ');
}
