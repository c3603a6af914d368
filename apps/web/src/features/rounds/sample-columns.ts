import type { SampleRow } from '@rankloop/contracts';

export type Output = SampleRow['outputs'][number];

export interface SampleColumn {
  title: string;
  output: Output;
  /** What a view of the differences compares it with. */
  against: Output | undefined;
}

/** What stands side by side for one prompt; the newest output up to `step` counts as now. */
export function columnsOf({ outputs }: Pick<SampleRow, 'outputs'>, step: number): SampleColumn[] {
  const base = outputs.findLast(({ policy }) => policy === 'base');
  const before = outputs.findLast(({ policy }) => policy === 'before');
  const now = outputs.filter(isNow).findLast((output) => output.step <= step);
  // The policy before a project's first round is the base: its outputs are recorded under both names.
  const isOne = base !== undefined && before !== undefined && base.text === before.text;
  const columns = [
    { title: isOne ? 'Base and before this round' : 'Base', output: base, against: undefined },
    { title: 'Before this round', output: isOne ? undefined : before, against: undefined },
    { title: `Now${now ? `, iteration ${now.step}` : ''}`, output: now, against: before ?? base },
  ];
  return columns.flatMap(({ output, ...column }) => (output ? [{ ...column, output }] : []));
}

export function isNow({ policy }: Output): boolean {
  return policy === 'now';
}
