// `npm run rankloop -- COMMAND`: the command line, on the database of the running product or of DATABASE_URL.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadPlatform, migrate, openDatabase } from './lib/database.mjs';
import { takeLock } from './lib/lock.mjs';
import { makeStateDir, root, stateDir } from './lib/paths.mjs';
import { runMain } from './lib/plain.mjs';
import { serviceEnv } from './lib/service-env.mjs';
import { runLock, setUp } from './set-up.mjs';

await runMain(async () => {
  makeStateDir();
  // What the set-up says is not part of a command's output.
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  await setUp();
  const database = await reachDatabase();
  process.stdout.write = write;
  try {
    return await runCli(database);
  } finally {
    await database.close();
  }
});
process.exit();

/** A command needs no running product: without one, the embedded database runs for as long as the command does. */
async function reachDatabase() {
  if (!process.env.DATABASE_URL) {
    const taken = await takeLock(runLock, { what: 'a command' });
    if ('holder' in taken) {
      const running = await readRunFile();
      return { ...running, close: async () => undefined };
    }
    const platform = await loadPlatform();
    const opened = await openDatabase(platform);
    const close = async () => {
      await opened.stop();
      taken.release();
    };
    try {
      await migrate(platform, opened.url);
    } catch (error) {
      await close();
      throw error;
    }
    return { databaseUrl: opened.url, isEmbedded: true, publicUrl: defaultPublicUrl(), close };
  }
  return {
    databaseUrl: process.env.DATABASE_URL,
    isEmbedded: false,
    publicUrl: defaultPublicUrl(),
    close: async () => undefined,
  };
}

function defaultPublicUrl() {
  return process.env.PUBLIC_URL || `http://127.0.0.1:${process.env.PORT || 3000}`;
}

/** Written when the product is ready. */
async function readRunFile() {
  const { setTimeout: pause } = await import('node:timers/promises');
  for (let said = false; ; said = true) {
    try {
      return JSON.parse(readFileSync(path.join(stateDir, 'run.json'), 'utf8'));
    } catch {
      if (!said) console.error('Waiting for Rankloop to be ready ...');
      await pause(200);
    }
  }
}

function runCli({ databaseUrl, isEmbedded, publicUrl }) {
  const cli = path.join(root, 'apps', 'cli', 'dist', 'main.js');
  const child = spawn(process.execPath, [cli, ...process.argv.slice(2)], {
    // Files named on the command line are relative to where it was typed.
    cwd: process.env.INIT_CWD ?? process.cwd(),
    env: serviceEnv({ databaseUrl, isEmbedded, isDemo: isEmbedded, publicUrl }),
    stdio: 'inherit',
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => undefined);
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
