import { defineConfig } from 'vitest/config';

const everywhere = (suffix: string): string[] => [
  `{apps,packages}/*/{src,test,scripts}/**/*.${suffix}`,
  `{scripts,bench,test}/**/*.${suffix}`,
];
const exclude = ['**/node_modules/**', '**/dist/**', '**/.next/**', '**/fixtures/**'];

/** Three kinds of tests, told apart by their names; `npx vitest run --project unit` runs one kind. */
export default defineConfig({
  test: {
    // One server for the whole run; it starts when the first kind that needs it is chosen.
    globalSetup: ['packages/testkit/src/global-setup.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: everywhere('test.{ts,tsx}'),
          exclude: [...exclude, '**/*.int.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'int',
          include: everywhere('int.test.ts'),
          exclude,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: everywhere('e2e.ts'),
          exclude,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Each file drives a browser and whole processes: one after another.
          fileParallelism: false,
        },
      },
    ],
  },
});
