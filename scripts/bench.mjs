// `npm run bench -- NAME`: runs bench/NAME.ts after the set-up that it needs.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { prepareEngineFirst } from './engine/before.mjs';
import { root } from './lib/paths.mjs';
import { PlainError, runMain } from './lib/plain.mjs';
import { setUp } from './set-up.mjs';

await runMain(async () => {
  const [name, ...args] = process.argv.slice(2);
  const known = readdirSync(path.join(root, 'bench'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -3));
  const file = path.join(root, 'bench', `${name}.ts`);
  if (name === undefined || !known.includes(name) || !existsSync(file))
    throw new PlainError(`Name a benchmark: npm run bench -- NAME, one of ${known.join(', ')}.`);
  await setUp();
  await prepareEngineFirst();
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => undefined);
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
});
process.exit();
