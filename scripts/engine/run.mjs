// Programs that a set-up starts, with their output in the checkout's logs.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { logsDir, makeStateDir } from '../lib/paths.mjs';

/** Kept of what a program says, for the sentence about its failure. */
const KEPT_CHARS = 100_000;

const running = new Set();
// Interrupted, we leave nothing behind that still downloads or compiles.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Runs a program to its end. Never throws: a program that cannot be started has a `code` of null too.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, timeoutMs: number }} options
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export async function run(command, args, { cwd, env = {}, timeoutMs }) {
  makeStateDir();
  const log = path.join(logsDir, 'engine-tools.log');
  appendFileSync(log, `\n$ ${[command, ...args].join(' ')}\n`, { mode: 0o600 });
  let output = '';
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-KEPT_CHARS);
      appendFileSync(log, chunk);
    });
  const timer = setTimeout(() => {
    output += `\nended after ${timeoutMs / 1000} s without a result`;
    child.kill('SIGKILL');
  }, timeoutMs);
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve(null);
    });
    child.once('close', resolve);
  });
  clearTimeout(timer);
  running.delete(child);
  return { code, output };
}

/** The last line that says something, without a trailing full stop: for use inside a sentence. */
export function lastLine(output) {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^npm (error )?A complete log|^\[notice\]|^WARNING/i.test(line));
  return (lines.at(-1) ?? 'it said nothing').replace(/\.$/, '').slice(0, 300);
}
