'use client';

import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useEffectEvent, useId, useRef } from 'react';
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { measured } from '../../lib/format.ts';
import { saveFile } from '../../lib/save-file.ts';
import { ChartFoot } from './chart-foot.tsx';
import { fileName, toCsv } from './chart-file.ts';
import { CHART_HEIGHT, optionsOf } from './chart-options.ts';
import type { ChartColumns, ChartSpec } from './chart-spec.ts';
import { drawPng } from './draw-png.ts';

interface ChartProps {
  spec: ChartSpec;
  columns: ChartColumns;
}

/** One chart: its title says what is good, hovering shows values, new points are drawn without building it again. */
export function Chart({ spec, columns }: ChartProps) {
  const titleId = useId();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  // The computed one: it also follows the system's change of colours.
  const colorScheme = useComputedColorScheme('light');
  const newestData = useEffectEvent(() => alignedOf(columns));

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    let isGone = false;
    let made: uPlot | undefined;
    // The drawing code comes only with a page that has charts.
    void import('uplot').then(({ default: Plot }) => {
      if (isGone) return;
      made = new Plot(optionsOf(spec, element, Plot), newestData(), element);
      plot.current = made;
    });
    const observer = new ResizeObserver(() =>
      made?.setSize({ width: element.clientWidth, height: CHART_HEIGHT }),
    );
    observer.observe(element);
    return () => {
      isGone = true;
      observer.disconnect();
      made?.destroy();
      plot.current = null;
    };
  }, [spec, colorScheme]);

  useEffect(() => {
    plot.current?.setData(alignedOf(columns));
  }, [columns]);

  return (
    <figure className="rl-panel rounds-chart" aria-labelledby={titleId}>
      <figcaption id={titleId}>
        <strong>{spec.title}</strong>: {spec.good}
      </figcaption>
      <p className="rl-visually-hidden">{inWords(spec, columns)}</p>
      <div ref={box} aria-hidden />
      <ChartFoot
        spec={spec}
        onCsv={() =>
          saveFile(new Blob([toCsv(spec, columns)], { type: 'text/csv' }), fileName(spec.title, 'csv'))
        }
        onPng={() => {
          if (plot.current) void savePng(spec, plot.current);
        }}
      />
    </figure>
  );
}

function alignedOf({ x, values }: ChartColumns): uPlot.AlignedData {
  return [[...x], ...values.map((column) => [...column])];
}

async function savePng(spec: ChartSpec, { ctx, root }: uPlot): Promise<void> {
  const style = getComputedStyle(root);
  const png = await drawPng(ctx.canvas, {
    title: spec.title,
    legend: spec.series.map(({ label, colour }) => ({
      label,
      colour: style.getPropertyValue(`--rounds-colour-${colour}`),
    })),
    background: style.getPropertyValue('--rl-surface'),
    text: style.getPropertyValue('--rl-muted'),
  });
  saveFile(png, fileName(spec.title, 'png'));
}

function inWords(spec: ChartSpec, { x, values }: ChartColumns): string {
  const last = x.at(-1);
  if (last === undefined) return 'No values yet.';
  const newest = spec.series.map(({ label }, i) => {
    const column = values[i] ?? [];
    const first = column.find(isNumber);
    const newestValue = column.findLast(isNumber);
    return isNumber(first) && isNumber(newestValue)
      ? `${label} from ${measured(first)} to ${measured(newestValue)}`
      : '';
  });
  return `At ${spec.x ?? 'step'} ${spec.x === undefined ? last : measured(last)}: ${newest.join(', ')}.`;
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number';
}
