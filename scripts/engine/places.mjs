// Where engines lie. The learning part reads the same places (packages/rl/src/engine/native/locate.ts); a test holds
// the two together, because this file must run before anything is installed.
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { root } from '../lib/paths.mjs';

/** @typedef {'native' | 'gpu'} Kind */

const recipe = JSON.parse(
  readFileSync(path.join(root, 'packages', 'rl', 'src', 'engine', 'native', 'recipe.json'), 'utf8'),
);

/** All engines of this user, shared by every checkout. */
export function engineRoot() {
  const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  return process.env.RANKLOOP_ENGINE_DIR || path.join(cache, 'rankloop', 'engine');
}

/** @param {Kind} kind */
export function engineFolder(kind) {
  const { tfjsNode, tensorflow, revision } = recipe;
  const system = `${process.platform}-${process.arch}`;
  return path.join(engineRoot(), `${kind}-tfjs-${tfjsNode}-tensorflow-${tensorflow}-r${revision}-${system}`);
}

/** @param {Kind} kind */
export const lockFile = (kind) => `${engineFolder(kind)}.lock`;
/** Why the last attempt put no engine in place. @param {Kind} kind */
export const refusalFile = (kind) => `${engineFolder(kind)}.refused.json`;
/** @param {Kind} kind */
export const packageName = (kind) => (kind === 'gpu' ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node');

/**
 * What the last step of a set-up wrote about a whole engine; undefined when it is absent or a file was cut short.
 * @param {string} folder
 * @returns {{ route: string, package: string, addon: string, files: Record<string, number> } | undefined}
 */
export function readManifest(folder) {
  try {
    const manifest = JSON.parse(readFileSync(path.join(folder, 'engine.json'), 'utf8'));
    const isWhole = Object.entries(manifest.files).every(
      ([file, size]) => statSync(path.join(folder, file)).size === size,
    );
    return isWhole ? manifest : undefined;
  } catch {
    return undefined;
  }
}
