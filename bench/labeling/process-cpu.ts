import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second (USER_HZ). */
const MS_PER_TICK = 10;

interface ProcessStat {
  parent: number;
  cpuMs: number;
}

function readStat(pid: number): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold blanks: count fields after it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const number = (index: number) => Number(fields[index] ?? 0);
    // Own time and that of children that have ended: a PostgreSQL session that closed is not forgotten.
    return { parent: number(1), cpuMs: (number(11) + number(12) + number(13) + number(14)) * MS_PER_TICK };
  } catch {
    return null;
  }
}

/** CPU milliseconds used so far by a process and everything below it. Linux only. */
export function treeCpuMs(root: number): number {
  const stats = new Map<number, ProcessStat>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? readStat(pid) : null;
    if (stat) stats.set(pid, stat);
  }
  let total = 0;
  for (const [pid, stat] of stats) {
    if (isBelow(pid, root, stats)) total += stat.cpuMs;
  }
  return total;
}

function isBelow(pid: number, root: number, stats: ReadonlyMap<number, ProcessStat>): boolean {
  for (let at = pid; at > 1;) {
    if (at === root) return true;
    const stat = stats.get(at);
    if (!stat) return false;
    at = stat.parent;
  }
  return false;
}
