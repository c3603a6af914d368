const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** "12,345" */
export function count(value: number): string {
  return whole.format(value);
}

/** "1 task", "12,345 tasks" */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A share of 0..1 as "71 %". */
export function percent(share: number, digits = 0): string {
  return `${(share * 100).toFixed(digits)} %`;
}

interface Interval {
  value: number;
  low: number;
  high: number;
}

/** "71 % (64 to 78 %)": the share and its 95 % interval. */
export function percentInterval({ value, low, high }: Interval): string {
  return `${percent(value)} (${(low * 100).toFixed(0)} to ${percent(high)})`;
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** "0 B", "1.4 KB", "512 MB" */
export function bytes(value: number): string {
  let [size, unit] = [value, 0];
  while (size >= 1000 && unit < UNITS.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${unit === 0 || size >= 100 ? size.toFixed(0) : size.toFixed(1)} ${UNITS[unit] ?? 'B'}`;
}

/** A measured number, short enough for an axis or a label: "0.0213", "3.2e-5", "1,204". */
export function measured(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (size >= 1000) return count(value);
  if (size < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}
