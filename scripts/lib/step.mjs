import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { logsDir, makeStateDir, root } from './paths.mjs';
import { PlainError } from './plain.mjs';

/** One line for one step: what it does at once, its time when it is done. */
export async function step(label, work) {
  const begun = performance.now();
  process.stdout.write(`${label} ... `);
  try {
    const result = await work();
    process.stdout.write(`${seconds(performance.now() - begun)}\n`);
    return result;
  } catch (error) {
    process.stdout.write('failed\n');
    throw error;
  }
}

export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Nothing that a build tool starts reports home or stays behind. */
const QUIET = {
  CHECKPOINT_DISABLE: '1',
  DO_NOT_TRACK: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  TURBO_TELEMETRY_DISABLED: '1',
  NO_UPDATE_NOTIFIER: '1',
  npm_config_update_notifier: 'false',
};

const running = new Set();
/** What was interrupted is not left running. */
export function killTools() {
  for (const child of running) child.kill('SIGTERM');
}

/**
 * Runs a tool with its output in a log; when it fails, the end of that log is part of the message.
 * @param {{ label: string, log: string, command: string, args: string[], env?: Record<string, string> }} tool
 */
export async function runTool({ label, log, command, args, env = {} }) {
  makeStateDir();
  const file = path.join(logsDir, log);
  const output = openSync(file, 'w', 0o600);
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...QUIET, ...env },
    stdio: ['ignore', output, output],
    shell: process.platform === 'win32',
  });
  running.add(child);
  const ended = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  running.delete(child);
  closeSync(output);
  if (ended === 0) return;
  appendFileSync(file, `\n${label} ended with ${ended}\n`);
  throw new PlainError(explainTool(label, readFileSync(file, 'utf8'), file));
}

function explainTool(label, log, file) {
  if (/ENOSPC|no space left on device/i.test(log))
    return `${label} failed: the disk is full. Free about 2 GB and start again.`;
  if (
    /EAI_AGAIN|ENOTFOUND|ETIMEDOUT|ECONNREFUSED|ECONNRESET|network.*(timeout|request)/i.test(log) &&
    /npm/.test(log)
  )
    return `${label} failed: the npm registry cannot be reached. Check the network or proxy (npm config get registry) and start again.`;
  if (/EUSAGE|can only install packages when your package.json and package-lock.json/i.test(log))
    return `${label} failed: package.json and package-lock.json do not fit together. Run npm install once and commit both.`;
  const lines = log.trimEnd().split('\n').slice(-30).join('\n');
  return `${label} failed. The end of ${file}:\n\n${lines}`;
}
