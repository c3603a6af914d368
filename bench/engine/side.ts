import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { median } from '../lib/statistics.ts';

/** What one process measured, and under which settings. */
export interface Speed {
  /** Median of its steps. */
  readonly tokensPerSecond: number;
  /** Versions and threads. */
  readonly settings: string;
}

/** The last line that a measuring process prints. */
const Output = z.object({
  tokensPerSecond: z.array(z.number().positive()).min(1),
  versions: z.string(),
  threads: z.number().int().positive(),
});

const ROOT = path.join(import.meta.dirname, '../..');
const MAX_OUTPUT_BYTES = 64 * 2 ** 20;
/** Many times what a measurement takes. */
const TIME_LIMIT_MS = 5 * 60_000;
const run = promisify(execFile);

/** Measures in a process of its own; numbers become `--name value`. `defaults` stand in for settings that it does not print. */
export async function measureIn(
  command: string,
  args: readonly string[],
  sizes: object,
  defaults?: { versions: string; threads: number },
): Promise<Speed> {
  const { tokensPerSecond, versions, threads } = Output.parse({
    ...defaults,
    ...z.looseObject({}).parse(JSON.parse(await lastLine(command, args, sizes))),
  });
  const settings = `${versions}, ${String(threads)} ${threads === 1 ? 'thread' : 'threads'}`;
  return { tokensPerSecond: median(tokensPerSecond), settings };
}

export async function lastLine(command: string, args: readonly string[], sizes: object): Promise<string> {
  const flags = Object.entries(sizes).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { stdout } = await run(command, [...args, ...flags], {
    cwd: ROOT,
    maxBuffer: MAX_OUTPUT_BYTES,
    timeout: TIME_LIMIT_MS,
  });
  return stdout.trim().split('\n').at(-1) ?? '';
}
