import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const SKIPPED = new Set([
  'node_modules',
  'dist',
  '.next',
  '.turbo',
  'generated',
  'coverage',
  'fixtures',
  'e2e',
]);
const NOT_BUILT = /\.(test|e2e)\.tsx?$|\.md$|\.tsbuildinfo$|^next-env\.d\.ts$/;

/** SHA-256 over names and contents of the files under `places` (files or folders of `root`). */
export function hashFiles(root, places, salt = '') {
  const hash = createHash('sha256').update(salt);
  for (const place of places) {
    const full = path.join(root, place);
    if (!existsSync(full)) continue;
    for (const file of statSync(full).isDirectory() ? listFiles(full) : [full])
      hash.update(`\0${path.relative(root, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function* listFiles(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) yield* listFiles(full);
    } else if (entry.isFile() && !NOT_BUILT.test(entry.name)) yield full;
  }
}

/** A stamp lies inside what it vouches for: when that is deleted, so is the stamp. */
export function stampMatches(file, hash) {
  try {
    return readFileSync(file, 'utf8').trim() === hash;
  } catch {
    return false;
  }
}

export function writeStamp(file, hash) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${hash}\n`);
}
