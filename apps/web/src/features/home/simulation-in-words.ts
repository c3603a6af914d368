import type { LoopState } from '@rankloop/contracts';
import { count, counted } from '../../lib/format.ts';

/** What simulated labelers would do, and where they stop before they gave as many judgements as are asked for. */
export function simulationInWords(
  { openTasks, openJudgements }: Pick<LoopState['outputs'], 'openTasks' | 'openJudgements'>,
  asked: number,
): string {
  if (openTasks === 0) return 'Demo only. No task is open for them: a round makes new ones.';
  const what = 'Demo only: synthetic people judge by the hidden gold, with some noise.';
  const open = `${counted(openTasks, 'open task')} ${openTasks === 1 ? 'wants' : 'want'} ${count(openJudgements)} more`;
  return `${what} ${open}${asked > openJudgements ? ', so that they stop there' : ''}.`;
}
