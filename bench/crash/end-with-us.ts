import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';

const children = new Set<ChildProcess>();
const folders = new Set<string>();

process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** What is still there when the benchmark is broken off goes with it. */
export function endWithUs(what: { child: ChildProcess } | { folder: string }): void {
  if ('folder' in what) {
    folders.add(what.folder);
    return;
  }
  const { child } = what;
  children.add(child);
  child.once('exit', () => children.delete(child));
}
