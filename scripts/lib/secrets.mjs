import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeStateDir, stateDir } from './paths.mjs';
import { PlainError } from './plain.mjs';

const file = path.join(stateDir, 'secrets.json');

/** The secret of this install, made once and kept. It signs sessions: losing it signs everybody out. */
export function authSecret() {
  if (process.env.AUTH_SECRET) return process.env.AUTH_SECRET;
  makeStateDir();
  try {
    return JSON.parse(readFileSync(file, 'utf8')).authSecret;
  } catch (error) {
    if (error.code !== 'ENOENT')
      throw new PlainError(
        `${file} cannot be read. Delete it to make new secrets: everybody is then signed out.`,
      );
  }
  const secrets = { authSecret: randomBytes(36).toString('base64url') };
  writePrivateJson(file, secrets);
  return secrets.authSecret;
}

/** Written whole or not at all, readable by the owner alone. */
export function writePrivateJson(target, value) {
  const draft = `${target}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, target);
}
