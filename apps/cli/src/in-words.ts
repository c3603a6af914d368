const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** "512 B", "1.4 GB" */
export function bytesInWords(value: number): string {
  let [size, unit] = [value, 0];
  while (size >= 1000 && unit < UNITS.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit] ?? 'B'}`;
}

/** "1 checkpoint", "3 checkpoints" */
export function counted(value: number, one: string): string {
  return `${value} ${one}${value === 1 ? '' : 's'}`;
}
