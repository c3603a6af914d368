/** A series keeps its colour on every page; the numbers are places in the palette of `rounds.css`. */
export interface SeriesSpec {
  /** The metric's name as training writes it, or what the column of a file is called. */
  metric: string;
  label: string;
  colour: number;
  /** Of a line: tells apart what has one colour. */
  dash?: readonly number[];
  /** Absent: a line. `none`: only in the legend and in files. */
  marks?: 'line' | 'dots' | 'steps' | 'none';
}

export interface ChartSpec {
  /** What is drawn, with its unit. */
  title: string;
  /** How a healthy curve looks. */
  good: string;
  series: readonly SeriesSpec[];
  /** Lines that mean something, such as guessing. */
  even?: number;
  /** What is along the bottom; absent: the step. */
  x?: string;
  /** The series between whose values a bar is drawn, such as the ends of an interval. */
  whiskers?: { low: string; high: string };
}

/** A row for each value along the bottom; a series without a value there has null. */
export interface ChartColumns {
  x: readonly number[];
  values: readonly (readonly (number | null)[])[];
}
