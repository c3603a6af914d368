import { type Bar } from './bar.ts';
import { type Surroundings } from './surroundings.ts';

/** The other system's figure for the same work. `recorded`: measured earlier, because it is not installed here. */
export interface Rival {
  name: string;
  value: number;
  source: 'measured' | 'recorded';
}

export interface Measurement {
  figure: string;
  unit: string;
  /** One value, or the value of each run: the median is reported, with the spread. */
  value: number | readonly number[];
  /** Absent: the figure is reported and judged by nobody. */
  bar?: Bar;
  rival?: Rival;
}

/** One printed line. */
export interface Figure extends Surroundings {
  figure: string;
  value: number;
  unit: string;
  bar: string | null;
  holds: boolean | null;
  rival: Rival | null;
  spread: { low: number; high: number; runs: number } | null;
}
