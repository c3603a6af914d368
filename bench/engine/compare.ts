import { alternate } from '../lib/alternate.ts';
import { atLeast } from '../lib/bar.ts';
import type { Report } from '../lib/report.ts';
import { median } from '../lib/statistics.ts';
import type { PythonModule } from './python.ts';
import { lowerBoundOfRatio } from './ratio.ts';
import type { Row } from './rows.ts';
import type { Speed } from './side.ts';

interface CompareOptions {
  readonly report: Report;
  readonly findPython: (module: PythonModule) => Promise<string | null>;
}

/**
 * Adds two figures to the report: our speed beside the rival's, and the lower bound of the ratio with its bar. A side
 * that fails misses the bar; the other rows are still measured.
 */
export async function compare(row: Row, options: CompareOptions): Promise<void> {
  const { figure, rival, bar } = row;
  const ratio = { figure: `${figure}, against ${rival.name}, lower bound`, unit: 'x', bar: atLeast(bar) };
  try {
    const value = await measureRatio(row, options);
    if (value !== null) options.report.add({ ...ratio, value });
  } catch (error) {
    console.error(error);
    options.report.add({ ...ratio, value: NaN });
  }
}

/** Null where there is nothing to compare with. */
async function measureRatio(row: Row, { report, findPython }: CompareOptions): Promise<number | null> {
  const { figure, rival, runs } = row;
  const settings = { ours: '', rival: '' };
  const measure = (side: keyof typeof settings, run: () => Promise<Speed>) => async () => {
    const speed = await run();
    settings[side] = speed.settings;
    return speed.tokensPerSecond;
  };
  const ours = measure('ours', row.ours);
  const python = rival.measure === null ? null : await findPython(rival.measure.needs);
  let speeds: { ours: number[]; rival: number[] | null };
  if (rival.measure !== null && python !== null) {
    const { with: measureWith } = rival.measure;
    speeds = await alternate({ ours, rival: measure('rival', () => measureWith(python)), runs });
  } else {
    if (rival.measure !== null) console.error(`  no Python here has ${rival.measure.needs}`);
    speeds = { ours: await repeat(ours, runs), rival: null };
  }
  const rivalSpeed = speeds.rival === null ? rival.recorded : median(speeds.rival);
  const source = speeds.rival === null ? 'recorded' : 'measured';
  report.add({
    figure: `${figure} (${settings.ours})`,
    unit: 'tokens/s',
    value: speeds.ours,
    ...(rivalSpeed !== null && {
      rival: { name: settings.rival || rival.name, value: Math.round(rivalSpeed), source },
    }),
  });
  if (rivalSpeed === null) {
    console.error(`  ${rival.name} was not recorded for this row either: nothing is judged`);
    return null;
  }
  return lowerBoundOfRatio(speeds.ours, speeds.rival ?? speeds.ours.map(() => rivalSpeed));
}

/** The first run is a warm-up. */
async function repeat(measure: () => Promise<number>, runs: number): Promise<number[]> {
  await measure();
  const values: number[] = [];
  for (let run = 0; run < runs; run++) values.push(await measure());
  return values;
}
