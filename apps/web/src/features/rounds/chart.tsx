'use client';

import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useEffectEvent, useId, useRef } from 'react';
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { measured } from '../../lib/format.ts';
import type { ChartSpec } from './chart-spec.ts';

interface ChartProps {
  spec: ChartSpec;
  steps: readonly number[];
  values: readonly (readonly (number | null)[])[];
}

const HEIGHT = 180;

/** One chart: its title says what is good, hovering shows values, new points are drawn without building it again. */
export function Chart({ spec, steps, values }: ChartProps) {
  const titleId = useId();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  // The computed one: it also follows the system's change of colours.
  const colorScheme = useComputedColorScheme('light');
  const newestData = useEffectEvent((): uPlot.AlignedData => [
    [...steps],
    ...values.map((column) => [...column]),
  ]);

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    let isGone = false;
    let made: uPlot | undefined;
    // The drawing code comes only with a page that has charts.
    void import('uplot').then(({ default: Plot }) => {
      if (isGone) return;
      made = new Plot(optionsOf(spec, element), newestData(), element);
      plot.current = made;
    });
    const observer = new ResizeObserver(() => made?.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      isGone = true;
      observer.disconnect();
      made?.destroy();
      plot.current = null;
    };
  }, [spec, colorScheme]);

  useEffect(() => {
    plot.current?.setData([[...steps], ...values.map((column) => [...column])]);
  }, [steps, values]);

  return (
    <figure className="rl-panel rounds-chart" aria-labelledby={titleId}>
      <figcaption id={titleId}>
        <strong>{spec.title}</strong>: {spec.good}
      </figcaption>
      <p className="rl-visually-hidden">{inWords(spec, steps.at(-1), values)}</p>
      <div ref={box} aria-hidden />
    </figure>
  );
}

function inWords(spec: ChartSpec, step: number | undefined, values: ChartProps['values']): string {
  if (step === undefined) return 'No values yet.';
  const newest = spec.series.map(({ label }, i) => {
    const column = values[i] ?? [];
    const first = column.find(isNumber);
    const last = column.findLast(isNumber);
    return isNumber(first) && isNumber(last) ? `${label} from ${measured(first)} to ${measured(last)}` : '';
  });
  return `At step ${step}: ${newest.join(', ')}.`;
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number';
}

function optionsOf(spec: ChartSpec, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const line = style.getPropertyValue('--rl-line');
  const text = style.getPropertyValue('--rl-muted');
  const axis = {
    stroke: text,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1 },
    font: '12px system-ui, sans-serif',
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: rangeOf(spec.even) } },
    axes: [
      {
        ...axis,
        size: 28,
        values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? String(tick) : '')),
      },
      { ...axis, size: widthOf, values: (_, ticks) => ticks.map(measured) },
    ],
    series: [
      { label: 'step', value: (plot, step: number | null) => String(step ?? newestOf(plot, 0) ?? '-') },
      ...spec.series.map(({ label, colour }) => ({
        label,
        stroke: style.getPropertyValue(`--rounds-colour-${colour}`),
        width: 2,
        spanGaps: true,
        // A line needs two values: a single one is a dot.
        points: {
          show: (plot: uPlot, at: number) => Array.from(plot.data[at] ?? []).filter(isNumber).length === 1,
          size: 8,
          fill: style.getPropertyValue(`--rounds-colour-${colour}`),
        },
        value: valueInWords,
      })),
    ],
    hooks: { draw: [(plot) => drawEven(plot, spec.even, text)] },
  };
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
