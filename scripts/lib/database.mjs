import { existsSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { stateDir } from './paths.mjs';
import { PlainError } from './plain.mjs';
import { step } from './step.mjs';

const DATABASE = 'rankloop';
const MIN_FREE_BYTES = 300 * 1024 * 1024;

/** packages/db without its generated client, straight from its TypeScript: nothing of it is built yet. */
export async function loadPlatform() {
  const { tsImport } = await import('tsx/esm/api');
  return tsImport('../../packages/db/src/platform.ts', import.meta.url);
}

/**
 * The database of DATABASE_URL, or else the embedded one, started here.
 * @returns {Promise<{ url: string, isEmbedded: boolean, ended: Promise<void>, stop(): Promise<void> }>}
 */
export async function openDatabase(platform) {
  const given = process.env.DATABASE_URL;
  if (given) {
    await explained(platform, given, () => platform.schemaStatus({ url: given }));
    return {
      url: given,
      isEmbedded: false,
      ended: new Promise(() => undefined),
      stop: async () => undefined,
    };
  }
  return step('Starting PostgreSQL', async () => {
    const home = platform.embeddedHome(stateDir);
    // As root the server's files lie elsewhere than ours.
    for (const folder of [stateDir, home]) checkSpace(folder);
    const server = await platform.startEmbeddedPostgres({ home });
    try {
      const url = await platform.ensureDatabase(server.url, DATABASE);
      return { url, isEmbedded: true, ended: server.ended, stop: () => server.stop() };
    } catch (error) {
      await server.stop();
      throw error;
    }
  });
}

/** Applies what is missing; says nothing when nothing is. */
export async function migrate(platform, url) {
  await explained(platform, url, async () => {
    const status = await platform.schemaStatus({ url });
    if (status.state === 'current') return;
    await step('Bringing the database up to date', () =>
      platform.migrateDeploy({
        url,
        onWait: () => process.stdout.write('waiting for another process that is doing it ... '),
      }),
    );
  });
}

async function explained(platform, url, work) {
  try {
    return await work();
  } catch (error) {
    const sentence = platform.explainDatabaseError(error, url);
    if (sentence === undefined) throw error;
    throw new PlainError(sentence, { cause: error });
  }
}

function checkSpace(folder) {
  // It may not be there yet: then the disk is that of the folder it will be in.
  while (!existsSync(folder)) folder = path.dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < MIN_FREE_BYTES)
    throw new PlainError(
      `The disk of ${folder} is nearly full: ${Math.floor((bavail * bsize) / 1024 / 1024)} MB are free, the database needs 300 MB. Free some space and start again.`,
    );
}
