import type { RoundReport } from '@rankloop/contracts';
import { useMemo } from 'react';
import { count } from '../../lib/format.ts';
import { Chart } from './chart.tsx';
import type { ChartSpec } from './chart-spec.ts';
import { calibrationColumns } from './score-specs.ts';

type Bin = NonNullable<RoundReport['calibration']>[number];

const SPEC: ChartSpec = {
  title: 'Calibration, share of held-out pairs that people prefer as predicted',
  good: 'dots on the line are good; bars are 95 % intervals over prompts',
  x: 'predicted share',
  series: [
    { metric: 'observed', label: 'observed', colour: 1, marks: 'dots' },
    { metric: 'as predicted', label: 'as predicted', colour: 4, dash: [4, 4] },
    { metric: 'low', label: 'lower end', colour: 1, marks: 'none' },
    { metric: 'high', label: 'upper end', colour: 1, marks: 'none' },
  ],
  whiskers: { low: 'low', high: 'high' },
};

/** How often the reward model is right when it says that it is this sure. On the diagonal is good. */
export function Calibration({ bins }: { bins: readonly Bin[] }) {
  const columns = useMemo(() => calibrationColumns(bins), [bins]);
  return (
    <>
      <Chart spec={SPEC} columns={columns} />
      <p className="rl-visually-hidden">
        {bins.map(({ n }) => `${count(n)} pairs`).join(', ')} from the least to the most sure.
      </p>
    </>
  );
}
