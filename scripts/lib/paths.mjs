import { mkdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. Links are followed, so that one checkout has one name. */
export const root = realpathSync(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..'));

/**
 * Everything that a start makes and that is not a build: secrets, logs, checkpoints, the database.
 * Another folder is another install of the same checkout.
 */
export const stateDir = path.resolve(process.env.RANKLOOP_STATE_DIR || path.join(root, '.rankloop'));
export const logsDir = path.join(stateDir, 'logs');

export function makeStateDir() {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  mkdirSync(logsDir, { recursive: true, mode: 0o700 });
}
