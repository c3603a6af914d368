import { describeBar, reaches } from './bar.ts';
import { type Figure, type Measurement } from './figure.ts';
import { recordFigures } from './results-file.ts';
import { type Summary, summarize } from './statistics.ts';
import { describeSurroundings, type Surroundings } from './surroundings.ts';
import { formatTable } from './table.ts';

export interface Report {
  add(measurement: Measurement): Figure;
  /** Prints the table, keeps the figures when asked to, and sets exit status 1 when a bar does not hold. */
  finish(): void;
}

export function toFigure(measurement: Measurement, surroundings: Surroundings): Figure {
  const { figure, unit, bar, rival } = measurement;
  const summary: Summary | null = typeof measurement.value === 'number' ? null : summarize(measurement.value);
  const value =
    typeof measurement.value === 'number' ? measurement.value : summarize(measurement.value).median;
  return {
    figure,
    value: toFourDigits(value),
    unit,
    bar: bar === undefined ? null : describeBar(bar),
    // Judged before rounding: 1.60004 is above a bar of 1.6.
    holds: bar === undefined ? null : reaches(value, bar),
    rival: rival ?? null,
    load: surroundings.load,
    machine: surroundings.machine,
    commit: surroundings.commit,
    spread:
      summary === null
        ? null
        : { low: toFourDigits(summary.low), high: toFourDigits(summary.high), runs: summary.count },
  };
}

/** Starts the report of one benchmark. The surroundings are read now, before the benchmark itself is the load. */
export function startReport(options: {
  name: string;
  record?: boolean;
  print?: (line: string) => void;
  surroundings?: Surroundings;
}): Report {
  const { name, record = process.argv.includes('--record'), print = console.log } = options;
  const surroundings = options.surroundings ?? describeSurroundings();
  const figures: Figure[] = [];

  return {
    add(measurement) {
      const figure = toFigure(measurement, surroundings);
      figures.push(figure);
      print(JSON.stringify(figure));
      return figure;
    },
    finish() {
      print(formatTable(figures));
      if (record) recordFigures({ name, figures, day: new Date().toISOString().slice(0, 10) });
      const missed = figures.filter(({ holds }) => holds === false);
      for (const { figure, value, unit, bar } of missed)
        print(`${figure}: ${value} ${unit} misses ${bar ?? ''}.`);
      if (missed.length > 0 || figures.length === 0) process.exitCode = 1;
    },
  };
}

function toFourDigits(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
}
