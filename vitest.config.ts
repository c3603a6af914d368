import { defineConfig } from 'vitest/config';

const everywhere = (suffix: string): string[] => [
  `{apps,packages}/*/{src,test,e2e,scripts}/**/*.${suffix}`,
  `{scripts,bench,test}/**/*.${suffix}`,
];
const exclude = ['**/node_modules/**', '**/dist/**', '**/.next/**', '**/fixtures/**'];
/**
 * Files that only compute: no database, process, engine or other state that one could leave to the next. They share
 * their modules, since loading those anew for each file takes longer than their tests do.
 */
const pure = [
  'apps/{api,cli,web}/src/**/*.test.{ts,tsx}',
  'packages/{contracts,core,datasets,demo}/src/**/*.test.ts',
  'packages/rl/src/{budget,data,evaluation,reference,returns,selection,tokenizers}/**/*.test.ts',
];
/** One PostgreSQL for the whole run; the first kind of tests that needs it starts it. */
const globalSetup = ['packages/testkit/src/global-setup.ts'];

/**
 * Four kinds of tests, told apart by their names and places; `npx vitest run --project int` runs one kind.
 *
 * The times are what a hung test may cost. They are no measure of speed: a machine that is busy with something else
 * must not turn a right answer red.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    expect: { poll: { timeout: 90_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          include: pure,
          exclude: [...exclude, '**/*.int.test.ts'],
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'unit',
          include: everywhere('test.{ts,tsx}'),
          exclude: [...exclude, ...pure, '**/*.int.test.ts'],
          // What the files of one run may share on the disk is named after it.
          env: { RANKLOOP_TEST_RUN: `${process.pid}-${Date.now()}` },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'int',
          include: everywhere('int.test.ts'),
          exclude,
          // Recording graphs costs a tiny model more than training it does. Rounds on the best engine of the machine run
          // in the browser tests, and every step of every algorithm in the unit tests. Their training processes are not
          // idle tasks, which would wait for the other tests.
          env: {
            RANKLOOP_ENGINE: process.env['RANKLOOP_ENGINE'] ?? 'wasm',
            RANKLOOP_TRAINING_PRIORITY: 'low',
          },
          globalSetup,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: everywhere('e2e.ts'),
          exclude,
          globalSetup: [...globalSetup, 'apps/web/test/shared-site.ts'],
          testTimeout: 400_000,
          hookTimeout: 400_000,
          // Each file drives a browser and whole processes: one after another.
          fileParallelism: false,
        },
      },
    ],
  },
});
