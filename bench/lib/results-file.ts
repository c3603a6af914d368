import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Figure } from './figure.ts';
import { formatTable } from './table.ts';

const RESULTS_FILE = new URL('../RESULTS.md', import.meta.url);

interface RecordedRun {
  name: string;
  figures: readonly Figure[];
  /** ISO date. */
  day: string;
}

/** Replaces the section of one benchmark and leaves the others as they are; a new one goes to the end. */
export function withSection(text: string, run: RecordedRun): string {
  const first = run.figures[0];
  if (first === undefined) return text;
  const section = [
    `## ${run.name}`,
    '',
    `${run.day}, commit ${first.commit}, load ${first.load}, ${first.machine}`,
    '',
    formatTable(run.figures),
    '',
  ].join('\n');
  const sections = text.split(/^(?=## )/m);
  const place = sections.findIndex((existing) => existing.startsWith(`## ${run.name}\n`));
  if (place === -1) return `${text.trimEnd()}\n\n${section}`;
  const isLast = place === sections.length - 1;
  return sections.with(place, isLast ? section : `${section}\n`).join('');
}

export function recordFigures(run: RecordedRun): void {
  const before = existsSync(RESULTS_FILE) ? readFileSync(RESULTS_FILE, 'utf8') : '# Last figures\n';
  writeFileSync(RESULTS_FILE, withSection(before, run));
}
