/** A, B, C ... of an output's place on the screen; AA after Z. */
export function letterAt(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : `${letterAt(Math.floor(index / 26) - 1)}${last}`;
}

export function letterOf(shown: readonly string[], id: string): string {
  const index = shown.indexOf(id);
  return index === -1 ? '?' : letterAt(index);
}
