import type { FieldIssue, LeasedTask } from '@rankloop/contracts';
import { dimensionsOf } from './draft.ts';

/** What the server said about one field, such as `scores`, an output and a dimension; null when it said nothing. */
export function issueAt(issues: readonly FieldIssue[], ...field: string[]): string | null {
  const path = `/${field.join('/')}`;
  return issues.find((issue) => issue.path === path)?.message ?? null;
}

/** What it said of an output outside its marks, which say it themselves. */
export function issueOfOutput(issues: readonly FieldIssue[], id: string): string | null {
  const isOfOutput = ({ path }: FieldIssue) => path.split('/')[2] === id && !path.startsWith('/scores/');
  return issues.find(isOfOutput)?.message ?? null;
}

/** What has no field on the screen to be shown at. */
export function issueElsewhere(issues: readonly FieldIssue[], task: LeasedTask): string | null {
  const { form, outputs } = task;
  const hasPlace = ({ path }: FieldIssue): boolean => {
    const [, part, id, dimension] = path.split('/');
    const isOfOutput = outputs.some((output) => output.id === id);
    if (part === 'scores') return isOfOutput && dimensionsOf(form).some((known) => known.id === dimension);
    if (part === 'strength') return form.comparison !== undefined;
    if (part === 'demonstration') return form.demonstration !== undefined;
    return isOfOutput || part === 'comment';
  };
  return issues.find((issue) => !hasPlace(issue))?.message ?? null;
}
