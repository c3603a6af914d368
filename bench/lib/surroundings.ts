import { execFileSync } from 'node:child_process';
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';

/** Where and on what a figure was measured; without it a figure cannot be compared with a later one. */
export interface Surroundings {
  machine: string;
  /** Load average of the last minute. High at the start means that other work ran beside the benchmark. */
  load: number;
  commit: string;
}

export function describeSurroundings(): Surroundings {
  return {
    machine: describeMachine(),
    load: Number((loadavg()[0] ?? 0).toFixed(2)),
    commit: describeCommit(),
  };
}

function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? arch();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} x ${model}, ${gibibytes} GiB, ${platform()}, Node ${process.versions.node}`;
}

/** The commit that was measured, marked when the working tree differs from it. */
function describeCommit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return git('rev-parse', '--short=10', 'HEAD') + (changed ? '+changes' : '');
  } catch {
    return 'unknown';
  }
}
