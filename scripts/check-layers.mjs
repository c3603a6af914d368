// Runs the layer rules of .dependency-cruiser.cjs and fails when it looked at hardly anything: a checker that
// cannot read the sources finds no violation either.
import { cruise } from 'dependency-cruiser';
import extractConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const CONFIG_FILE = fileURLToPath(new URL('../.dependency-cruiser.cjs', import.meta.url));
const FOLDERS = ['apps', 'packages', 'bench'];
const FEWEST_BELIEVABLE_MODULES = 20;

/**
 * @typedef {{ rule: string, from: string, to: string, why: string }} Violation
 * @typedef {{ moduleCount: number, violations: Violation[] }} LayerReport
 */

/**
 * Reads the import graph under a root folder and reports every forbidden arrow.
 * @param {{ root: string }} options
 * @returns {Promise<LayerReport>}
 */
export async function checkLayers({ root }) {
  const { forbidden, options } = await extractConfig(CONFIG_FILE);
  const folders = FOLDERS.filter((folder) => existsSync(join(root, folder)));
  const { output } = await cruise(folders, {
    ...options,
    ruleSet: { forbidden },
    validate: true,
    baseDir: root,
  });
  if (typeof output === 'string') throw new Error('The layer checker answered with text instead of a graph.');

  const ours = output.modules.filter((module) => /^(apps|packages|bench)\//.test(module.source));
  return {
    moduleCount: ours.length,
    violations: output.summary.violations.map(({ rule, from, to, comment }) => ({
      rule: rule.name,
      from,
      to,
      why: comment ?? '',
    })),
  };
}

async function main() {
  const root = resolve(process.argv[2] ?? '.');
  const { moduleCount, violations } = await checkLayers({ root });
  for (const { rule, from, to, why } of violations) console.error(`${rule}: ${from} -> ${to}. ${why}`);
  if (moduleCount < FEWEST_BELIEVABLE_MODULES) {
    console.error(`Only ${moduleCount} modules were read: the layer checker does not see the sources.`);
    process.exit(1);
  }
  if (violations.length > 0) {
    console.error(`${violations.length} forbidden import(s) among ${moduleCount} modules.`);
    process.exit(1);
  }
  console.log(`${moduleCount} modules keep to the layers.`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
