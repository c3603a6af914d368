import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { root } from './paths.mjs';

/**
 * Bundles an app with our packages; what comes from npm stays outside.
 * @param {{ app: string, entries: string[], outdir?: string }} options
 *   entries are relative to the app's `src`, `outdir` to the app: `dist` unless given
 */
export async function bundleApp({ app, entries, outdir = 'dist' }) {
  const folder = path.join(root, 'apps', app);
  const ours = readdirSync(path.join(root, 'packages')).map((name) => [
    `@rankloop/${name}`,
    path.join(root, 'packages', name, 'src', 'index.ts'),
  ]);
  rmSync(path.resolve(folder, outdir), { recursive: true, force: true });
  await build({
    absWorkingDir: folder,
    entryPoints: entries.map((entry) => path.join('src', entry)),
    outbase: 'src',
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    alias: Object.fromEntries(ours),
    sourcemap: true,
    logLevel: 'warning',
  });
}
