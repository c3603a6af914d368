'use client';

import { CloseButton } from '@mantine/core';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import { SafeMarkdown } from '../../../components/markdown/safe-markdown.tsx';

/** The guideline beside the task. Not a dialog: the task stays usable while it is open. */
export function GuidelineSheet({ text, onClose }: { text: string; onClose: () => void }) {
  const sheet = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    sheet.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onClose();
  };
  return (
    <aside className="lab-guideline" ref={sheet} tabIndex={-1} aria-label="Guideline" onKeyDown={onKeyDown}>
      <div className="lab-guideline-head">
        <h2>Guideline</h2>
        <CloseButton aria-label="Close the guideline" onClick={onClose} />
      </div>
      {text.trim() === '' ? <p>This project has no guideline yet.</p> : <SafeMarkdown text={text} />}
    </aside>
  );
}
