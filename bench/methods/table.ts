import type { MethodLine } from './compare.ts';
import type { SeedInterval } from './statistics.ts';

const HEADINGS = [
  'method',
  'proxy win %',
  '95 %',
  'gold win %',
  '95 %',
  'over twin',
  '95 %',
  'Holm p (base, twin)',
  'detectable',
  'KL',
  '95 %',
  'words',
  'notes lost',
];

/** In the manner of table 1 of Liu et al. (2024): a line per method, the best gold first. */
export function formatMethods(lines: readonly MethodLine[]): string {
  const best = [...lines].sort((a, b) => b.goldOverBase.mean - a.goldOverBase.mean);
  const rows = [HEADINGS, HEADINGS.map(() => '---'), ...best.map(cells)];
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function cells({
  method,
  proxyOverBase,
  goldOverBase,
  goldOverTwin,
  adjusted,
  kl,
  words,
  forgotten,
  diverged,
}: MethodLine) {
  return [
    diverged === 0 ? method : `${method} (${diverged} diverged)`,
    (50 + proxyOverBase.mean).toFixed(1),
    range(proxyOverBase, 50),
    (50 + goldOverBase.mean).toFixed(1),
    range(goldOverBase, 50),
    goldOverTwin.mean.toFixed(1),
    range(goldOverTwin, 0),
    `${toP(adjusted.overBase)}, ${toP(adjusted.overTwin)}`,
    goldOverBase.detectable.toFixed(1),
    kl.mean.toFixed(2),
    range(kl, 0, 2),
    words.toFixed(1),
    forgotten.mean.toFixed(3),
  ];
}

const range = ({ low, high }: SeedInterval, above: number, digits = 1): string =>
  `${(above + low).toFixed(digits)} .. ${(above + high).toFixed(digits)}`;
const toP = (pValue: number): string => (pValue < 0.001 ? '<0.001' : pValue.toFixed(3));
