// Means and shares of what a minibatch gave.

export function average<T>(items: readonly T[], of: (item: T) => number): number {
  return items.length === 0 ? 0 : items.reduce((sum, item) => sum + of(item), 0) / items.length;
}

export function shareOf(values: readonly number[], is: (value: number, index: number) => boolean): number {
  return values.length === 0 ? 0 : values.filter(is).length / values.length;
}
