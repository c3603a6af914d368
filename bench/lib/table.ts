import { type Figure } from './figure.ts';

const HEADINGS = ['figure', 'value', 'spread', 'bar', 'holds', 'rival'];

const VERDICT = new Map([
  [true, 'yes'],
  [false, 'NO'],
  [null, ''],
]);

/** The cells of one figure, as a person reads them; the same in the terminal and in the results file. */
function tableCells({ figure, value, unit, spread, bar, holds, rival }: Figure): string[] {
  return [
    figure,
    `${value} ${unit}`,
    spread === null ? '' : `${spread.low} .. ${spread.high} (${spread.runs} runs)`,
    bar ?? '',
    VERDICT.get(holds) ?? '',
    rival === null ? '' : `${rival.name}: ${rival.value}${rival.source === 'recorded' ? ' (recorded)' : ''}`,
  ];
}

/** A Markdown table with aligned columns. */
export function formatTable(figures: readonly Figure[]): string {
  const rows = [HEADINGS, ...figures.map(tableCells)];
  const widths = HEADINGS.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}
