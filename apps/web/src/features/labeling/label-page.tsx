'use client';

import { useSearchParams } from 'next/navigation';
import { useEffect, useEffectEvent, useState } from 'react';
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
import { GuidelineSheet } from './view/guideline-sheet.tsx';
import { HelpSheet } from './view/help-sheet.tsx';
import { OutboxSheet } from './view/outbox-sheet.tsx';
import type { Sheet } from './view/sheet.ts';
import { Strip } from './view/strip.tsx';
import { TaskScreen } from './view/task-screen.tsx';
import './labeling.css';

const OPEN_MESSAGES: Record<OpenResult, string> = {
  opened: '',
  nothing: 'There is no earlier answer',
  failed: 'The answer could not be opened',
};

export function LabelPage() {
  const project = useProject();
  return <QueryState query={project}>{(loaded) => <LabelProject project={loaded} />}</QueryState>;
}

function LabelProject({ project }: { project: Project }) {
  const { me, slug } = useMembership();
  const labeling = useLabeling();
  const { flow, dispatch, error } = labeling;
  const { preferences, toggle } = usePreferences();
  const [sheet, setSheet] = useState<Sheet | null>(null);
  const [message, setMessage] = useState('');
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
      {sheet === 'guideline' && <GuidelineSheet text={project.guideline} onClose={() => setSheet(null)} />}
      <HelpSheet
        opened={sheet === 'help'}
        form={form}
        singleKeys={preferences.singleKeys}
        onSingleKeys={() => toggle('singleKeys')}
        onClose={() => setSheet(null)}
      />
      <OutboxSheet
        opened={sheet === 'outbox'}
        onClose={() => setSheet(null)}
        onReopen={async (item) => {
          setSheet(null);
          const result = await labeling.reopen(item);
          setMessage(result === 'opened' ? '' : 'The task could not be opened. The answer stays here.');
        }}
      />
    </div>
  );
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
