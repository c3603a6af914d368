// `npm test`: from a bare checkout to the result of every test. Arguments go to vitest.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { prepareEngineFirst } from './engine/before.mjs';
import { root } from './lib/paths.mjs';
import { runMain } from './lib/plain.mjs';
import { setUp } from './set-up.mjs';

await runMain(async () => {
  await setUp();
  await prepareEngineFirst();
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TZ: process.env.TZ ?? 'UTC' },
  });
  // The terminal sends Ctrl-C to vitest too; a signal meant for us alone is passed on. Its end is ours.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      if (signal !== 'SIGINT') child.kill(signal);
    });
  return new Promise((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1))),
  );
});
process.exit();
