/** What a figure must reach, as data, so that it can be printed and judged by the same object. */
export type Bar =
  | { kind: 'at-most'; limit: number }
  | { kind: 'at-least'; limit: number }
  | { kind: 'above'; limit: number }
  | { kind: 'between'; low: number; high: number };

export const atMost = (limit: number): Bar => ({ kind: 'at-most', limit });
export const atLeast = (limit: number): Bar => ({ kind: 'at-least', limit });
/** For the lower end of an interval: at the limit nothing is shown yet. */
export const above = (limit: number): Bar => ({ kind: 'above', limit });
export const between = (low: number, high: number): Bar => ({ kind: 'between', low, high });

/** A value that is not a finite number reaches no bar: a measurement that broke must not pass. */
export function reaches(value: number, bar: Bar): boolean {
  if (!Number.isFinite(value)) return false;
  switch (bar.kind) {
    case 'at-most':
      return value <= bar.limit;
    case 'at-least':
      return value >= bar.limit;
    case 'above':
      return value > bar.limit;
    case 'between':
      return value >= bar.low && value <= bar.high;
  }
}

export function describeBar(bar: Bar): string {
  switch (bar.kind) {
    case 'at-most':
      return `<= ${bar.limit}`;
    case 'at-least':
      return `>= ${bar.limit}`;
    case 'above':
      return `> ${bar.limit}`;
    case 'between':
      return `${bar.low} .. ${bar.high}`;
  }
}
