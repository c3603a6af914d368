import { execFileSync } from 'node:child_process';
import { setPriority } from 'node:os';
import { z } from 'zod';

/** How a training gives way to people: with what nobody else wants, or with about a tenth of a busy machine. */
export const TrainingPriority = z.enum(['idle', 'low']);
export type TrainingPriority = z.infer<typeof TrainingPriority>;

export const DEFAULT_PRIORITY: TrainingPriority = 'idle';

const NICE = 10;

/**
 * Puts this process behind the API and the database.
 *
 * Niceness alone decides who gets how much, not who goes first: Linux lets a thread that computes finish its slice of
 * some milliseconds before a server that was just asked something may run, and an answer is several such waits. A
 * thread of the class SCHED_IDLE is put aside at once. Only `chrt` of util-linux sets that class from here, for the
 * threads that run already too; where it is missing or forbidden, niceness has to do.
 */
export function yieldProcessors(priority: TrainingPriority): void {
  attempt(() => setPriority(NICE));
  if (priority !== 'idle' || process.platform !== 'linux') return;
  attempt(() =>
    execFileSync('chrt', ['--all-tasks', '--idle', '--pid', '0', String(process.pid)], { stdio: 'ignore' }),
  );
}

function attempt(change: () => void): void {
  try {
    change();
  } catch {
    // Some containers forbid it; training then runs with the priority that it has.
  }
}
