import type { StageView } from '@rankloop/contracts';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { count } from '../../lib/format.ts';
import { duration } from '../../lib/time.ts';
import { stageTitle } from './stage-words.ts';

const SIGNS: Record<StageView['state'], string> = {
  waiting: '○',
  running: '▶',
  done: '✓',
  failed: '▲',
  skipped: '-',
};

interface StageStepperProps {
  stages: readonly StageView[];
  /** What the page says above: the stage where the round ended need not say it again. */
  reason: string | null;
}

/** The stages of a round in order, with what each is doing and how long it still takes. */
export function StageStepper({ stages, reason }: StageStepperProps) {
  return (
    <ol className="rl-panel rounds-stages">
      {stages.map((stage) => (
        <li
          key={stage.name}
          data-state={stage.state}
          aria-current={stage.state === 'running' ? 'step' : undefined}
        >
          <strong>
            <span aria-hidden>{SIGNS[stage.state]}</span> {stageTitle(stage)}
          </strong>
          <span>{wordsOf(stage)}</span>
          {stage.state === 'running' && stage.totalSteps > 0 && (
            <ProgressBar fraction={stage.step / stage.totalSteps} label={stageTitle(stage)} />
          )}
          {stage.message !== null && stage.message !== reason && <span>{stage.message}</span>}
        </li>
      ))}
    </ol>
  );
}

function wordsOf({ state, step, totalSteps, startedAt, endedAt, secondsLeft }: StageView): string {
  if (state === 'running') {
    const steps = totalSteps > 0 ? `${count(step)} of ${count(totalSteps)}` : 'at work';
    return secondsLeft === null ? steps : `${steps}, ${duration(secondsLeft * 1000)} left`;
  }
  if (startedAt !== null && endedAt !== null) {
    const took = duration(Date.parse(endedAt) - Date.parse(startedAt));
    if (state === 'done') return `took ${took}`;
    return `${state === 'skipped' ? 'stopped' : state} after ${took}`;
  }
  return state;
}
