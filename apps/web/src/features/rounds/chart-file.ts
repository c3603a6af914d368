import type { ChartColumns, ChartSpec } from './chart-spec.ts';

/** The points of a chart as they are drawn: a line of names, then one line per place along the bottom. */
export function toCsv(spec: ChartSpec, { x, values }: ChartColumns): string {
  const head = [spec.x ?? 'step', ...spec.series.map(({ metric }) => metric)];
  const rows = x.map((at, i) => [at, ...values.map((column) => column[i] ?? '')]);
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** "Reward loss, nats per pair" as "reward-loss-nats-per-pair.csv". */
export function fileName(title: string, ending: 'csv' | 'png'): string {
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `${words === '' ? 'chart' : words}.${ending}`;
}
