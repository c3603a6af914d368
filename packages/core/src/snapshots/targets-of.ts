import type { JudgementContent } from './judgement-content.ts';
import { preferencesOf } from './preferences-of.ts';

export type TargetSource = 'demonstration' | 'correction' | 'chosen';

/** A text that a policy may learn to write: given as it is, or as one of the task's outputs. */
export type Target = { source: TargetSource; weight: number } & (
  { text: string } | { /** Index within the task. */ output: number }
);

type Said = Pick<
  JudgementContent,
  'outcome' | 'shownOrder' | 'ranks' | 'strength' | 'scores' | 'edits' | 'demonstration'
>;

/** What a judgement offers to imitate: its ideal answer, its edited texts, and what it put first. */
export function targetsOf(said: Said, completionIds: readonly string[]): Target[] {
  if (said.outcome !== 'ok') return [];
  const targets: Target[] = [];
  const { demonstration } = said;
  if (demonstration !== null && demonstration.trim() !== '')
    targets.push({ source: 'demonstration', weight: 1, text: demonstration });
  const { ranks, edits } = preferencesOf(said, completionIds);
  for (const { text } of edits) targets.push({ source: 'correction', weight: 1, text });
  const first = (ranks ?? []).flatMap((rank, output) => (rank === 1 ? [output] : []));
  // Those tied for the first place share the judgement's weight.
  for (const output of first) targets.push({ source: 'chosen', weight: 1 / first.length, output });
  return targets;
}
