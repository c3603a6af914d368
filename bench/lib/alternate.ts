type Measure = () => Promise<number>;

/**
 * Measures two sides in turn (A B, B A, A B, ...), so that a machine that warms up or slows down does so for both.
 * Each side's first run is a warm-up and is thrown away.
 */
export async function alternate(options: {
  ours: Measure;
  rival: Measure;
  runs: number;
}): Promise<{ ours: number[]; rival: number[] }> {
  const ours: number[] = [];
  const rival: number[] = [];
  await options.ours();
  await options.rival();
  for (let run = 0; run < options.runs; run++) {
    const oursFirst = run % 2 === 0;
    if (oursFirst) ours.push(await options.ours());
    rival.push(await options.rival());
    if (!oursFirst) ours.push(await options.ours());
  }
  return { ours, rival };
}
