'use client';

import { Textarea, UnstyledButton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { AnswerAction } from '../answer/answer-reducer.ts';
import { leaveOnEscape } from './leave-on-escape.ts';

/** What finds differences comes with the first change, or without one where the network is gone: the text as it is then. */
const WordDiff = lazy(() =>
  import('./word-diff.tsx').then(
    (part) => ({ default: part.WordDiff }),
    () => ({ default: ({ after }: { after: string }) => <div className="md-raw">{after}</div> }),
  ),
);

interface CorrectionEditorProps {
  id: string;
  letter: string;
  original: string;
  edited: string | undefined;
  act: (action: AnswerAction) => void;
}

/** The output as an editor, with what was taken out and put in beside it. */
export function CorrectionEditor({ id, letter, original, edited, act }: CorrectionEditorProps) {
  const text = edited ?? original;
  const changed = text !== original;
  return (
    <div className="lab-correction">
      <Textarea
        id={`edit-${id}`}
        label={`Text of ${letter}`}
        autosize
        minRows={4}
        maxRows={24}
        maxLength={20_000}
        value={text}
        onChange={(event) => act({ type: 'edit', id, text: event.currentTarget.value })}
        onKeyDown={leaveOnEscape}
      />
      <div>
        <div className="lab-diff-head">
          <span className="lab-label">What you changed</span>
          {changed && (
            <UnstyledButton className="lab-tool" onClick={() => act({ type: 'restore', id })}>
              Restore <kbd>r</kbd>
            </UnstyledButton>
          )}
        </div>
        {changed ? (
          <Suspense fallback={<p className="lab-empty">...</p>}>
            <WordDiff before={original} after={text} />
          </Suspense>
        ) : (
          <p className="lab-empty">Nothing yet.</p>
        )}
      </div>
    </div>
  );
}
