'use client';

import { Textarea, UnstyledButton } from '@mantine/core';
import { diffWordsWithSpace } from 'diff';
import { useDeferredValue, useMemo } from 'react';
import type { AnswerAction } from '../answer/answer-reducer.ts';
import { leaveOnEscape } from './leave-on-escape.ts';

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
        {changed ? <WordDiff before={original} after={text} /> : <p className="lab-empty">Nothing yet.</p>}
      </div>
    </div>
  );
}

/** Typing stays smooth: the difference follows when there is time, and gives up on texts that share too little. */
function WordDiff({ before, after }: { before: string; after: string }) {
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
