'use client';

import { useSearchParams } from 'next/navigation';
import { lazy, Suspense, useEffect, useEffectEvent, useState } from 'react';
import { ErrorState, LoadingSkeleton, QueryState } from '../../components/states.tsx';
import { rememberProject } from '../../lib/last-project.ts';
import { useMembership, useProject } from '../../lib/session.ts';
import type { Project } from '@rankloop/contracts';
import { sweepDrafts } from './answer/draft-store.ts';
import type { CommandId } from './commands/commands.ts';
import { useCommands } from './commands/use-commands.ts';
import { shownTask } from './flow/flow.ts';
import { useLabeling, type OpenResult } from './flow/use-labeling.ts';
import { useLeaseCare } from './flow/use-lease-care.ts';
import { usePreferences } from './flow/use-preferences.ts';
import { DoneView } from './view/done-view.tsx';
import type { Sheet } from './view/sheet.ts';
import { Strip } from './view/strip.tsx';
// All at once and in this order: a sheet that came with a lazy part would move what stands already.
import '../../components/figures.css';
import './labeling.css';
import './view/strip.css';
import './view/prompt.css';
import './view/outputs.css';
import './view/segments.css';
import './view/correction.css';
import './view/foot.css';
import './view/tray.css';
import './view/sheets.css';

const parts = {
  task: () => import('./view/task-screen.tsx'),
  guideline: () => import('./view/guideline-sheet.tsx'),
  help: () => import('./view/help-sheet.tsx'),
  outbox: () => import('./view/outbox-sheet.tsx'),
  wordDiff: () => import('./view/word-diff.tsx'),
};
const TaskScreen = lazy(() => parts.task().then((part) => ({ default: part.TaskScreen })));
const GuidelineSheet = lazy(() => parts.guideline().then((part) => ({ default: part.GuidelineSheet })));
const HelpSheet = lazy(() => parts.help().then((part) => ({ default: part.HelpSheet })));
const OutboxSheet = lazy(() => parts.outbox().then((part) => ({ default: part.OutboxSheet })));

const OPEN_MESSAGES: Record<OpenResult, string> = {
  opened: '',
  nothing: 'There is no earlier answer',
  failed: 'The answer could not be opened',
};

export function LabelPage() {
  const project = useProject();
  useEffect(() => {
    // Code comes while the first task is asked for.
    parts.task().catch(() => undefined);
    // The sheets follow as soon as somebody works here, so that they open without a network too.
    const begun = new AbortController();
    const follow = () => {
      begun.abort();
      Promise.all([parts.guideline(), parts.help(), parts.outbox(), parts.wordDiff()]).catch(() => undefined);
    };
    for (const name of ['pointerdown', 'keydown']) window.addEventListener(name, follow, begun);
    return () => begun.abort();
  }, []);
  return <QueryState query={project}>{(loaded) => <LabelProject project={loaded} />}</QueryState>;
}

function LabelProject({ project }: { project: Project }) {
  const { me, slug } = useMembership();
  const labeling = useLabeling();
  const { flow, dispatch, error } = labeling;
  const { preferences, toggle } = usePreferences();
  const [sheet, setSheet] = useState<Sheet | null>(null);
  const [message, setMessage] = useState('');
  const hasHelp = useEver(sheet === 'help');
  const hasOutbox = useEver(sheet === 'outbox');
  const task = shownTask(flow);
  const form = task?.form ?? project.form;
  useLeaseCare({ projectId: project.id, leaseTtlMs: project.leaseTtlMs, flow, dispatch });

  useEffect(() => {
    rememberProject(slug);
    sweepDrafts(me.id);
  }, [slug, me.id]);

  const open = (leaseId?: string) =>
    labeling.open(leaseId).then((result) => setMessage(OPEN_MESSAGES[result]));
  const openAsked = useEffectEvent((leaseId: string) => void open(leaseId));
  const asked = useSearchParams().get('lease');
  useEffect(() => {
    if (asked !== null) openAsked(asked);
  }, [asked]);

  const toggleSheet = (which: Sheet) => setSheet((now) => (now === which ? null : which));
  const goBack = () => void open();
  const run = (command: CommandId): boolean => {
    if (command === 'guideline' || command === 'help') toggleSheet(command);
    else if (command === 'back') goBack();
    else if (command === 'raw' || command === 'differences') toggle(command);
    else if (command === 'unfold') toggle('unfolded');
    else return false;
    return true;
  };
  useCommands(form, preferences.singleKeys, run);

  return (
    <div className="lab" data-sheet={sheet === 'guideline' ? 'open' : undefined}>
      <Strip project={project} onSheet={toggleSheet} message={message} />
      {task ? (
        <Suspense fallback={<LoadingSkeleton lines={8} />}>
          <TaskScreen
            key={`${flow.phase}:${task.leaseId}`}
            task={task}
            opened={flow.phase === 'revising' ? flow.opened : null}
            over={flow.phase === 'answering' && flow.over}
            preferences={preferences}
            onCommand={run}
            onAnswer={(body) => {
              setMessage('');
              labeling.answer(task, body);
            }}
            onClose={() => dispatch({ type: 'closed' })}
          />
        </Suspense>
      ) : (
        <main className="lab-rest" id="content">
          {error !== null ? (
            <ErrorState error={error} safe="What you have answered is kept." onRetry={labeling.retry} />
          ) : flow.phase === 'done' ? (
            <DoneView
              done={flow}
              projectId={project.id}
              onLook={() => dispatch({ type: 'lookAgain' })}
              onBack={goBack}
            />
          ) : (
            <Waiting />
          )}
        </main>
      )}
      <Suspense>
        {sheet === 'guideline' && <GuidelineSheet text={project.guideline} onClose={() => setSheet(null)} />}
        {hasHelp && (
          <HelpSheet
            opened={sheet === 'help'}
            form={form}
            singleKeys={preferences.singleKeys}
            onSingleKeys={() => toggle('singleKeys')}
            onClose={() => setSheet(null)}
          />
        )}
        {hasOutbox && (
          <OutboxSheet
            opened={sheet === 'outbox'}
            onClose={() => setSheet(null)}
            onReopen={async (item) => {
              setSheet(null);
              const result = await labeling.reopen(item);
              setMessage(result === 'opened' ? '' : 'The task could not be opened. The answer stays here.');
            }}
          />
        )}
      </Suspense>
    </div>
  );
}

/** True from the first time on: a sheet is made when it is first opened, and kept to close softly. */
function useEver(now: boolean): boolean {
  const [ever, setEver] = useState(now);
  if (now && !ever) setEver(true);
  return ever || now;
}

/** The next task is on its way. When it takes long, the network is why. */
function Waiting() {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), 3000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      {long && (
        <p className="lab-note" role="status">
          Waiting for the next task. If the network is away, it comes when the network is back; your answers
          are kept.
        </p>
      )}
      <LoadingSkeleton lines={8} />
    </>
  );
}
