import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Stops the server when this process dies without having done so, even by a kill. The pipe to this small
 * shell closes with us, whatever ends us. $1 data folder, $2 server's pid, $3 folder to remove or ''.
 */
const WATCH = `
read -r _
if [ "$(head -n 1 "$1/postmaster.pid" 2>/dev/null)" = "$2" ]; then kill -INT "$2"; fi
[ -n "$3" ] || exit 0
while kill -0 "$2" 2>/dev/null; do sleep 0.1; done
rm -rf "$3"
`;

export interface LifelineOptions {
  dataDir: string;
  pid: number;
  /** A throw-away server's folder. */
  removeDir?: string;
}

export function holdLifeline(options: LifelineOptions): { release(): void } {
  if (process.platform === 'win32') return { release: () => undefined };
  const args = [options.dataDir, String(options.pid), options.removeDir ?? ''];
  const watcher = spawn('/bin/sh', ['-c', WATCH, 'rankloop-lifeline', ...args], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.on('error', () => undefined);
  watcher.stdin.on('error', () => undefined);
  watcher.unref();
  // A pipe is a socket to Node, and its type does not say so.
  if (watcher.stdin instanceof Socket) watcher.stdin.unref();
  return { release: () => watcher.stdin.end() };
}
