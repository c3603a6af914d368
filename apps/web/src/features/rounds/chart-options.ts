import type uPlot from 'uplot';
import { measured } from '../../lib/format.ts';
import type { ChartSpec, SeriesSpec } from './chart-spec.ts';

export const CHART_HEIGHT = 180;

/** How a chart is drawn with the colours of the page. */
export function optionsOf(spec: ChartSpec, element: HTMLElement, Plot: typeof uPlot): uPlot.Options {
  const style = getComputedStyle(element);
  const line = style.getPropertyValue('--rl-line');
  const text = style.getPropertyValue('--rl-muted');
  const axis = {
    stroke: text,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1 },
    font: '12px system-ui, sans-serif',
  };
  const isStep = spec.x === undefined;
  return {
    width: element.clientWidth,
    height: CHART_HEIGHT,
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: rangeOf(spec.even) } },
    axes: [
      {
        ...axis,
        size: 28,
        values: (_, ticks) =>
          ticks.map((tick) => (!isStep ? measured(tick) : Number.isInteger(tick) ? String(tick) : '')),
      },
      { ...axis, size: widthOf, values: (_, ticks) => ticks.map(measured) },
    ],
    series: [
      {
        label: spec.x ?? 'step',
        value: (plot, x: number | null) => {
          const shown = x ?? newestOf(plot, 0);
          if (!isNumber(shown)) return '-';
          return isStep ? String(shown) : measured(shown);
        },
      },
      ...spec.series.map((series) =>
        drawingOf(series, style.getPropertyValue(`--rounds-colour-${series.colour}`), Plot),
      ),
    ],
    hooks: {
      draw: [(plot) => drawEven(plot, spec.even, text), (plot) => drawWhiskers(plot, spec, style)],
    },
  };
}

function drawingOf(
  { label, dash, marks = 'line' }: SeriesSpec,
  colour: string,
  Plot: typeof uPlot,
): uPlot.Series {
  const common = { label, value: valueInWords, stroke: colour, spanGaps: true };
  const points = { size: 8, fill: colour };
  switch (marks) {
    case 'none':
      return { ...common, width: 0, paths: () => null, points: { show: false } };
    case 'dots':
      return { ...common, width: 0, paths: () => null, points: { ...points, show: true, size: 7 } };
    case 'steps':
      return {
        ...common,
        width: 2,
        points: { show: false },
        ...(Plot.paths.stepped && { paths: Plot.paths.stepped({ align: 1 }) }),
      };
    case 'line':
      return {
        ...common,
        width: 2,
        ...(dash && { dash: [...dash] }),
        // A line needs two values: a single one is a dot.
        points: {
          ...points,
          show: (plot: uPlot, at: number) => Array.from(plot.data[at] ?? []).filter(isNumber).length === 1,
        },
      };
  }
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number';
}

/** A value under the pointer; the newest one while the pointer is elsewhere. */
function valueInWords(plot: uPlot, value: number | null, series: number, index: number | null): string {
  const shown = index === null ? newestOf(plot, series) : value;
  return isNumber(shown) ? measured(shown) : '-';
}

function newestOf(plot: uPlot, series: number): number | null | undefined {
  return Array.from(plot.data[series] ?? []).findLast(isNumber);
}

const LEAST_AXIS_PX = 44;
const DIGIT_PX = 7;

/** As wide as its longest label, so that none is cut off. */
function widthOf(_: uPlot, labels: string[] | null): number {
  const longest = Math.max(0, ...(labels ?? []).map((label) => label.length));
  return Math.max(LEAST_AXIS_PX, longest * DIGIT_PX + 16);
}

/** The limits of the values, wide enough to show the line that means "no better than nothing". */
function rangeOf(even: number | undefined) {
  // Without values yet, the limits are null.
  return (_: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax => {
    const least = Math.min(low ?? 0, even ?? low ?? 0);
    const most = Math.max(high ?? 1, even ?? high ?? 1);
    const pad = (most - least || Math.abs(most) || 1) * 0.08;
    return [least - pad, most + pad];
  };
}

function drawEven(plot: uPlot, even: number | undefined, colour: string): void {
  if (even === undefined) return;
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(even, 'y', true));
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.setLineDash([4, 4]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** A bar from the low to the high value of each place along the bottom. */
function drawWhiskers(plot: uPlot, { whiskers, series }: ChartSpec, style: CSSStyleDeclaration): void {
  if (!whiskers) return;
  const at = (metric: string) => series.findIndex((one) => one.metric === metric) + 1;
  const [lows, highs] = [plot.data[at(whiskers.low)] ?? [], plot.data[at(whiskers.high)] ?? []];
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = style.getPropertyValue(`--rounds-colour-${series[0]?.colour ?? 1}`);
  ctx.lineWidth = 2;
  for (const [i, x] of plot.data[0].entries()) {
    const [low, high] = [lows[i], highs[i]];
    if (!isNumber(low) || !isNumber(high)) continue;
    const left = plot.valToPos(x, 'x', true);
    ctx.beginPath();
    ctx.moveTo(left, plot.valToPos(low, 'y', true));
    ctx.lineTo(left, plot.valToPos(high, 'y', true));
    ctx.stroke();
  }
  ctx.restore();
}
