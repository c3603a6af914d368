import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkLayers } from './check-layers.mjs';

const PACKAGES = ['contracts', 'core', 'datasets', 'db', 'demo', 'jobs', 'rl', 'testkit'];
const APPS = ['api', 'cli', 'web', 'worker'];

let root = '';
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A small copy of the workspace layout, with only the files that the case is about. */
function plantRepository(files: Record<string, string>): void {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'rankloop-layers-')));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const manifest = (name: string) =>
    JSON.stringify({ name: `@rankloop/${name}`, type: 'module', exports: { '.': './src/index.ts' } });

  write('package.json', '{ "name": "planted", "type": "module" }');
  mkdirSync(join(root, 'node_modules/@rankloop'), { recursive: true });
  for (const name of PACKAGES) {
    write(`packages/${name}/package.json`, manifest(name));
    write(`packages/${name}/src/index.ts`, 'export const here = 1;');
    symlinkSync(join(root, 'packages', name), join(root, 'node_modules/@rankloop', name));
  }
  for (const name of APPS) {
    write(`apps/${name}/package.json`, manifest(name));
    write(`apps/${name}/src/index.ts`, 'export const here = 1;');
  }
  for (const [path, text] of Object.entries(files)) write(path, text);
}

async function rulesBroken(): Promise<string[]> {
  const { violations } = await checkLayers({ root });
  return [...new Set(violations.map(({ rule }) => rule))].sort();
}

const imports = (name: string) => `import { here } from '@rankloop/${name}';\nexport const there = here;\n`;

test('the layout by itself breaks no rule, and every module of it is read', async () => {
  plantRepository({});
  expect(await checkLayers({ root })).toEqual({ moduleCount: PACKAGES.length + APPS.length, violations: [] });
});

test.each([
  ['apps/api/src/list-users.ts', 'core'],
  ['apps/api/src/demo/seed.ts', 'demo'],
  ['apps/cli/src/demo/seed.ts', 'demo'],
  ['apps/worker/src/run-round.ts', 'rl'],
  ['apps/web/src/api.ts', 'contracts'],
  ['apps/api/src/claim.int.test.ts', 'testkit'],
  ['bench/loop.ts', 'demo'],
  ['bench/lib/world.ts', 'rl'],
  ['packages/demo/scripts/train-base.ts', 'rl'],
])('%s may import %s', async (path, name) => {
  plantRepository({ [path]: imports(name) });
  expect(await rulesBroken()).toEqual([]);
});

test.each([
  ['apps/web/src/users.ts', 'db', 'arrows-of-apps-web'],
  ['apps/web/src/rules.ts', 'core', 'arrows-of-apps-web'],
  ['apps/api/src/train.ts', 'rl', 'arrows-of-apps-api'],
  ['apps/cli/src/enqueue.ts', 'jobs', 'arrows-of-apps-cli'],
  ['packages/core/src/enqueue.ts', 'jobs', 'arrows-of-packages-core'],
  ['packages/jobs/src/rules.ts', 'core', 'arrows-of-packages-jobs'],
  ['packages/datasets/src/store.ts', 'db', 'arrows-of-packages-datasets'],
  ['packages/rl/src/store.ts', 'db', 'arrows-of-packages-rl'],
  ['packages/demo/src/model.ts', 'rl', 'arrows-of-packages-demo'],
  ['packages/contracts/src/store.ts', 'db', 'arrows-of-packages-contracts'],
  ['packages/db/src/shapes.ts', 'contracts', 'arrows-of-packages-db'],
  ['apps/api/src/seed.ts', 'demo', 'demo-only-from-demo-modules'],
  ['apps/web/src/demo/gold.ts', 'demo', 'demo-only-from-demo-modules'],
  ['packages/core/src/seed.ts', 'demo', 'demo-only-from-demo-modules'],
  ['apps/api/src/factories.ts', 'testkit', 'testkit-only-from-tests'],
])('%s may not import %s', async (path, name, rule) => {
  plantRepository({ [path]: imports(name) });
  expect(await rulesBroken()).toEqual([rule]);
});

test('a package is entered through its index only', async () => {
  plantRepository({
    'packages/core/src/claim.ts': 'export const claim = 1;',
    'apps/api/src/claim.ts': `import { claim } from '../../../packages/core/src/claim.ts';\nexport const claims = [claim];`,
  });
  expect(await rulesBroken()).toEqual(['package-entry-only']);
});

test('nobody imports an app', async () => {
  plantRepository({
    'packages/core/src/serve.ts': `import { here } from '../../../apps/api/src/index.ts';\nexport const there = here;`,
    'apps/web/src/serve.ts': `import { here } from '../../api/src/index.ts';\nexport const there = here;`,
  });
  expect(await rulesBroken()).toEqual(['nobody-imports-an-app']);
});

test('the hidden gold is out of reach of the training child, also by a detour', async () => {
  plantRepository({
    'apps/worker/src/demo/gold.ts': imports('demo'),
    'apps/worker/src/training-child.ts': `import { there } from './demo/gold.ts';\nexport const gold = there;`,
  });
  expect(await rulesBroken()).toEqual(['gold-never-reaches-learning']);
});

test('two modules may not import each other', async () => {
  plantRepository({
    'packages/core/src/first.ts': `import { b } from './second.ts';\nexport const a: number = b;`,
    'packages/core/src/second.ts': `import { a } from './first.ts';\nexport const b: number = a;`,
  });
  expect(await rulesBroken()).toEqual(['no-cycles']);
});

test('an import that leads nowhere is an error, types included', async () => {
  plantRepository({
    'packages/core/src/lost.ts': `import type { Gone } from './gone.ts';\nexport type There = Gone;`,
  });
  expect(await rulesBroken()).toEqual(['no-unresolved']);
});

test('a package that the workspace does not list may not be imported by its sources', async () => {
  plantRepository({
    'node_modules/unlisted/package.json': '{ "name": "unlisted", "main": "index.js" }',
    'node_modules/unlisted/index.js': 'export const here = 1;',
    'packages/core/src/borrow.ts': `import { here } from 'unlisted';\nexport const there = here;`,
  });
  expect(await rulesBroken()).toEqual(['production-needs-no-dev-dependency']);
});
