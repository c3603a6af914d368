import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const NAME = 'rankloop-programs-';

/** How the folder of the run of this process begins. */
export const programsPrefix = (pid = process.pid): string => `${NAME}${pid}-`;

/** Removes the bundles of runs that were killed before they could. */
export function removeLeftPrograms(cache: string): void {
  for (const folder of readdirSync(cache)) {
    const pid = folder.startsWith(NAME) ? /^(\d+)-/.exec(folder.slice(NAME.length))?.[1] : undefined;
    if (pid !== undefined && !isAlive(Number(pid)))
      rmSync(path.join(cache, folder), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is alive too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
