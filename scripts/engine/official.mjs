// The first way to an addon: the package's own install script, which downloads TensorFlow and a prebuilt addon.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Refusal } from './refusal.mjs';
import { lastLine, run } from './run.mjs';

/** A host that is slower to answer is taken for one that is not there: many networks drop instead of refusing. */
const ANSWER_MS = 4_000;
const INSTALL_TIMEOUT_MS = 5 * 60_000;

/**
 * @param {{ work: string, packageFolder: string, kind: import('./places.mjs').Kind, say: (line: string) => void }} options
 * @returns {Promise<string>} the addon, relative to the package
 * @throws {Refusal}
 */
export async function installOfficially({ work, packageFolder, kind, say }) {
  if (!(await isHostReachable(packageFolder)))
    throw new Refusal("the download hosts of TensorFlow.js's own installer do not answer.");
  say("Running TensorFlow.js's own installer ...");
  const script = path.join('scripts', 'install.js');
  const bin = path.join(work, 'node_modules', '.bin');
  const { code, output } = await run(
    process.execPath,
    kind === 'gpu' ? [script, 'gpu', 'download'] : [script],
    {
      cwd: packageFolder,
      timeoutMs: INSTALL_TIMEOUT_MS,
      env: { PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` },
    },
  );
  const addon = findAddon(packageFolder);
  if (code === 0 && addon !== undefined) return addon;
  throw new Refusal(`TensorFlow.js's own installer failed: ${lastLine(output)}.`);
}

/** Which host it is, the package knows. Any answer will do. */
async function isHostReachable(packageFolder) {
  const { binary } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8'));
  try {
    await fetch(new URL(binary.host).origin, { method: 'HEAD', signal: AbortSignal.timeout(ANSWER_MS) });
    return true;
  } catch {
    return false;
  }
}

function findAddon(packageFolder) {
  const lib = path.join(packageFolder, 'lib');
  const folders = existsSync(lib) ? readdirSync(lib).filter((name) => name.startsWith('napi-v')) : [];
  return folders
    .map((name) => path.join('lib', name, 'tfjs_binding.node'))
    .find((file) => existsSync(path.join(packageFolder, file)));
}
