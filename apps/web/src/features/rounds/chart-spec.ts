/** A series keeps its colour on every page; the numbers are places in the palette of `rounds.css`. */
export interface SeriesSpec {
  /** The metric's name as training writes it. */
  metric: string;
  label: string;
  colour: number;
}

export interface ChartSpec {
  /** What is drawn, with its unit. */
  title: string;
  /** How a healthy curve looks. */
  good: string;
  series: readonly SeriesSpec[];
  /** Lines that mean something, such as guessing. */
  even?: number;
}
