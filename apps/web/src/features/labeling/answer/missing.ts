import { checkJudgement, type FieldIssue, type JudgementBody, type LeasedTask } from '@rankloop/contracts';
import { letterOf } from './letters.ts';

/** The same sentence for several outputs is said once, with their letters. */
export function missingInWords(task: LeasedTask, body: JudgementBody): string | null {
  const shown = task.outputs.map((output) => output.id);
  return issuesInWords(checkJudgement(task.form, shown, body), shown);
}

export function issuesInWords(issues: readonly FieldIssue[], shown: readonly string[]): string | null {
  const first = issues[0];
  if (!first) return null;
  const letters = issues
    .filter((issue) => issue.message === first.message)
    .flatMap((issue) => shown.filter((id) => issue.path.split('/').includes(id)))
    .map((id) => letterOf(shown, id));
  const several = shown.length > 1 && letters.length > 0;
  return several ? `${first.message}: ${[...new Set(letters)].join(', ')}` : first.message;
}
