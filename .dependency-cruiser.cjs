// The arrows between apps and packages. Everything that is not allowed here is an error.

const TEST_FILES = ['\\.(test|e2e)\\.tsx?$', '/(test|e2e)/', '^packages/testkit/'];

/** What the sources of each workspace may import of ours, besides themselves. */
const ARROWS = {
  'apps/api': ['core', 'db', 'jobs', 'datasets', 'contracts'],
  'apps/cli': ['core', 'db', 'datasets', 'contracts'],
  'apps/web': ['contracts'],
  'apps/worker': ['core', 'rl', 'db', 'jobs', 'datasets', 'contracts'],
  'packages/contracts': [],
  'packages/core': ['contracts', 'db'],
  'packages/datasets': ['contracts'],
  'packages/db': [],
  'packages/demo': ['contracts'],
  'packages/jobs': ['contracts', 'db'],
  'packages/rl': ['contracts'],
  'packages/testkit': ['contracts', 'db'],
};

/** Folders named `demo` in these apps, and the scripts that made the demo's model, see more than their workspace. */
const DEMO_MODULES = '^apps/(?:api|worker|cli)/.+/demo/';
const DEMO_SCRIPTS = '^packages/demo/scripts/';

const arrows = Object.entries(ARROWS).map(([workspace, allowed]) => ({
  name: `arrows-of-${workspace.replace('/', '-')}`,
  comment: `${workspace} imports of ours only: ${allowed.join(', ') || 'nothing'}.`,
  severity: 'error',
  from: { path: `^${workspace}/`, pathNot: DEMO_SCRIPTS },
  to: {
    path: '^packages/([^/]+)/',
    // Who may import the demo and the test kit is said by rules of their own.
    pathNot: [`^${workspace}/`, '^packages/(demo|testkit)/', ...allowed.map((name) => `^packages/${name}/`)],
  },
}));

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: 'nobody-imports-an-app',
      severity: 'error',
      from: { path: '^(?:apps|packages|bench)/([^/]+)' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'package-entry-only',
      comment: 'A package is imported through its index, so that what it promises is written in one file.',
      severity: 'error',
      from: { path: '^(?:apps|packages|bench)/([^/]+)' },
      to: { path: '^packages/([^/]+)/', pathNot: ['^packages/[^/]+/src/index\\.ts$', '^packages/$1/'] },
    },
    {
      name: 'demo-only-from-demo-modules',
      severity: 'error',
      from: { pathNot: [DEMO_MODULES, '^packages/demo/', '^bench/'] },
      to: { path: '^packages/demo/' },
    },
    {
      name: 'gold-never-reaches-learning',
      comment: 'The hidden gold of the demo must not be within reach of training, by any path.',
      severity: 'error',
      from: { path: ['^packages/rl/', '^apps/worker/src/.*(child|training).*\\.ts$'], pathNot: TEST_FILES },
      to: { path: '^packages/demo/', reachable: true },
    },
    {
      name: 'testkit-only-from-tests',
      severity: 'error',
      from: { pathNot: [...TEST_FILES, '^bench/'] },
      to: { path: '^packages/testkit/' },
    },
    {
      name: 'production-needs-no-dev-dependency',
      comment: 'The image is installed without development packages.',
      severity: 'error',
      from: { path: '^(apps|packages)/[^/]+/src/', pathNot: TEST_FILES },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^packages/db/src/generated/'] },
    exclude: { path: ['(^|/)(dist|\\.next|\\.turbo|coverage)/'] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.tsx', '.d.ts', '.mjs', '.js', '.cjs', '.json'],
    },
  },
};
