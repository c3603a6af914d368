import { spawn } from 'node:child_process';
import path from 'node:path';
import { root } from './paths.mjs';
import { PlainError } from './plain.mjs';
import { step } from './step.mjs';

/**
 * Loads the demo project if it is not there, or starts it over.
 * @returns {Promise<{ role: string, email: string, password: string }[]>} how to sign in
 */
export async function prepareDemo({ env, reset }) {
  const lines = await step(reset ? 'Starting the demo project over' : 'Preparing the demo project', () =>
    runCli(['demo', reset ? 'reset' : 'seed'], env),
  );
  return lines.filter((line) => line?.role && line.email && line.password);
}

/** The command line prints one JSON object a line. */
async function runCli(args, env) {
  const child = spawn(process.execPath, [path.join(root, 'apps', 'cli', 'dist', 'main.js'), ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0)
    throw new PlainError(
      `The demo project could not be loaded: ${err.trim() || out.trim() || `status ${code}`}`,
    );
  return out.split('\n').map(parseLine);
}

function parseLine(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
