'use client';

import { UnstyledButton } from '@mantine/core';
import type { Project } from '@rankloop/contracts';
import Link from 'next/link';
import { useSyncExternalStore } from 'react';
import { ProgressBar } from '../../../components/progress-bar.tsx';
import { useMembership } from '../../../lib/session.ts';
import { useStats } from '../flow/use-progress.ts';
import type { OutboxState } from '../outbox/outbox.ts';
import { receiptText } from '../outbox/receipt-text.ts';
import { useOutbox } from '../outbox/use-outbox.ts';
import type { Sheet } from './sheet.ts';

interface StripProps {
  project: Project;
  onSheet: (sheet: Sheet) => void;
  message: string;
}

/** The line above the work: where, how far, whether everything has arrived. */
export function Strip({ project, onSheet, message }: StripProps) {
  const { me, slug, role } = useMembership();
  const { state } = useOutbox(me.id);
  const online = useOnline();
  return (
    <header className="lab-strip">
      <strong className="lab-title">{project.name}</strong>
      <Today project={project} />
      <UnstyledButton className="lab-receipt" data-tone={toneOf(state)} onClick={() => onSheet('outbox')}>
        <span role="status">
          {receiptText(state)}
          {!online && ' · offline'}
        </span>
      </UnstyledButton>
      <span className="lab-message" role="status">
        {message}
      </span>
      <UnstyledButton className="lab-tool" onClick={() => onSheet('guideline')}>
        Guideline <kbd>g</kbd>
      </UnstyledButton>
      <UnstyledButton className="lab-tool" onClick={() => onSheet('help')}>
        Help <kbd>?</kbd>
      </UnstyledButton>
      <Link className="lab-tool" href={role === 'labeler' ? `/p/${slug}/history` : `/p/${slug}`}>
        Leave
      </Link>
    </header>
  );
}

function Today({ project }: { project: Project }) {
  const { data } = useStats(project.id);
  if (!data) return null;
  const goal = data.dailyGoal ?? project.dailyGoal;
  if (goal === null) return <span className="lab-today">{data.doneToday} today</span>;
  return (
    <span className="lab-today">
      {data.doneToday} of {goal} today
      <span className="lab-progress">
        <ProgressBar fraction={data.doneToday / goal} label="Done today" />
      </span>
    </span>
  );
}

function toneOf(state: OutboxState): string | undefined {
  if (state.items.some((item) => item.refusal !== undefined)) return 'failed';
  return state.items.length > 0 && state.blocked !== null ? 'waiting' : undefined;
}

function useOnline(): boolean {
  return useSyncExternalStore(
    (onChange) => {
      window.addEventListener('online', onChange);
      window.addEventListener('offline', onChange);
      return () => {
        window.removeEventListener('online', onChange);
        window.removeEventListener('offline', onChange);
      };
    },
    () => navigator.onLine,
    () => true,
  );
}
