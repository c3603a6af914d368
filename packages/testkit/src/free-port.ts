import { createServer } from 'node:net';

/** Below the ports that a system hands out by itself (from 32768 on Linux, higher elsewhere). */
const FIRST = 18_000;
const PER_PROCESS = 20;
const PROCESSES = 600;

let given = 0;

/**
 * A port of this machine for a server that a test is about to start. The system gives a port that was just released
 * to whoever asks next, a connection included; these it never gives, and each process looks in a row of its own.
 */
export async function freePort(): Promise<number> {
  const row = FIRST + (process.pid % PROCESSES) * PER_PROCESS;
  for (let tries = 0; tries < PER_PROCESS; tries++) {
    const port = row + (given++ % PER_PROCESS);
    if (await isFree(port)) return port;
  }
  throw new Error(`All ports from ${row} to ${row + PER_PROCESS - 1} are in use.`);
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
