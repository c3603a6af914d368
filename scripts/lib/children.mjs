import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { logsDir, root } from './paths.mjs';

const MAX_LOG_BYTES = 20 * 1024 * 1024;

/**
 * Ends the process group $1 when we die without having done so. The pipe to this small shell closes with
 * us, whatever ends us.
 */
const LIFELINE = `
read -r _
kill -s TERM -- "-$1" 2>/dev/null || exit 0
i=0
while kill -s 0 -- "-$1" 2>/dev/null && [ $i -lt 50 ]; do sleep 0.1; i=$((i + 1)); done
kill -s KILL -- "-$1" 2>/dev/null
`;

/**
 * A process of the product, in a group of its own: Ctrl-C in the terminal reaches only us, and we end the
 * processes in the right order, each with all that it started.
 * @param {{ name: string, args: string[], env: Record<string, string> }} options
 */
export function startChild({ name, args, env }) {
  const logFile = path.join(logsDir, `${name}.log`);
  if (existsSync(logFile) && statSync(logFile).size > MAX_LOG_BYTES) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, 'a', 0o600);
  const logFrom = statSync(logFile).size;
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const lifeline = holdLifeline(child.pid);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `status ${code}`));
  });
  ended.then(() => {
    // Whatever it started and left behind.
    signalGroup(child.pid, 'SIGKILL');
    lifeline.end();
  });
  return {
    name,
    pid: child.pid,
    ended,
    logFile,
    /** What it wrote last in this life, for the sentence that says why it ended. */
    lastWords: () => lastLines(readFileSync(logFile).subarray(logFrom).toString('utf8')),
    /** Asks it to end; after the grace time it is made to. */
    stop: async (graceMs) => {
      signalGroup(child.pid, 'SIGTERM');
      const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
    kill: () => signalGroup(child.pid, 'SIGKILL'),
  };
}

function holdLifeline(pid) {
  if (process.platform === 'win32' || pid === undefined) return { end: () => undefined };
  const watcher = spawn('/bin/sh', ['-c', LIFELINE, 'rankloop-lifeline', String(pid)], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.on('error', () => undefined);
  watcher.stdin.on('error', () => undefined);
  watcher.unref();
  watcher.stdin.unref();
  // Killed, not told: the group's number may be used again by the time it looks.
  return { end: () => watcher.kill('SIGKILL') };
}

function signalGroup(pid, signal) {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // Gone already.
  }
}

function lastLines(text) {
  const lines = text.trim().split('\n').map(readable);
  return lines
    .filter((line) => line !== '')
    .slice(-8)
    .join('\n');
}

/** Our services log JSON lines; people read sentences. */
function readable(line) {
  try {
    const entry = JSON.parse(line);
    return [entry.msg, entry.err?.message].filter(Boolean).join(': ') || line;
  } catch {
    return line;
  }
}
