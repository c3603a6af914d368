import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { stateDir } from './paths.mjs';

/**
 * The environment that api, worker and command line run in.
 * @param {{ databaseUrl: string, isEmbedded: boolean, isDemo: boolean, publicUrl: string }} options
 */
export function serviceEnv({ databaseUrl, isEmbedded, isDemo, publicUrl }) {
  const dataDir = process.env.RANKLOOP_DATA_DIR || path.join(stateDir, 'data');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return {
    ...process.env,
    NODE_ENV: 'production',
    NODE_OPTIONS: [process.env.NODE_OPTIONS, '--enable-source-maps'].filter(Boolean).join(' '),
    DATABASE_URL: databaseUrl,
    RANKLOOP_EMBEDDED_DATABASE: isEmbedded ? '1' : '0',
    RANKLOOP_DEMO: isDemo ? '1' : '0',
    RANKLOOP_DATA_DIR: path.resolve(dataDir),
    PUBLIC_URL: publicUrl,
    LOG_LEVEL: process.env.LOG_LEVEL || 'info',
  };
}
