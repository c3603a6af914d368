import { findMetric, type RoundCurve } from '@rankloop/contracts';
import type { ChartSpec } from './chart-spec.ts';

const COLOURS = 5;
const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3]];

/** The chart of one metric of several rounds, told apart by colour, dash and number. */
export function compareSpec(
  metric: string,
  curves: readonly Pick<RoundCurve, 'roundNumber' | 'stage'>[],
): ChartSpec {
  const info = findMetric(metric);
  return {
    title: info === null ? metric : `${metric}, ${info.label}`,
    good: info?.help ?? 'as recorded',
    series: curves.map(({ roundNumber, stage }, i) => {
      const isAlone = curves.filter((one) => one.roundNumber === roundNumber).length === 1;
      const label = isAlone ? `round ${roundNumber}` : `round ${roundNumber}, ${stage}`;
      const dash = DASHES[Math.floor(i / COLOURS) % DASHES.length] ?? [];
      return { metric: label, label, colour: (i % COLOURS) + 1, ...(dash.length > 0 && { dash }) };
    }),
  };
}
