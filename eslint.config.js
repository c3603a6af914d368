import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import { basename } from 'node:path';
import tseslint from 'typescript-eslint';

const KEBAB_FILE = /^(\.?[a-z0-9]+(-[a-z0-9]+)*)(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
const TESTS = ['**/*.test.ts', '**/*.test.tsx', '**/*.e2e.ts', 'packages/testkit/**'];

/** A file is found by its name, so every name is written the same way. */
const kebabFileNames = {
  create: (context) => ({
    Program(node) {
      const name = basename(context.filename);
      if (!KEBAB_FILE.test(name))
        context.report({ node, message: `Name the file in kebab-case, not ${name}.` });
    },
  }),
};

export default defineConfig(
  {
    ignores: [
      '**/node_modules/',
      '**/dist/',
      '**/.next/',
      '**/.turbo/',
      '**/coverage/',
      '**/next-env.d.ts',
      'packages/db/src/generated/',
      '.rankloop/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    plugins: { rankloop: { rules: { 'kebab-file-names': kebabFileNames } } },
    rules: {
      'rankloop/kebab-file-names': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['@rankloop/*/*'], message: 'Import a package through its index.' },
            { regex: '(^|/)(apps|packages)/', message: 'Import a package by its name.' },
          ],
        },
      ],
    },
  },

  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // A plugin or a route handler is async because of its caller, whether or not it awaits today.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      'max-lines': ['error', 400],
    },
  },

  {
    files: ['apps/{api,web,worker}/src/**', 'packages/*/src/**'],
    ignores: TESTS,
    rules: { 'no-console': 'error' },
  },

  {
    files: ['apps/web/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat['recommended-latest']],
  },

  {
    files: TESTS,
    rules: {
      // A test file is a list of guarantees; its length follows from how many there are.
      'max-lines': 'off',
    },
  },

  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      ecmaVersion: 2024,
      globals: Object.fromEntries(
        [
          ...[
            'AbortController',
            'AbortSignal',
            'Buffer',
            'TextDecoder',
            'TextEncoder',
            'URL',
            'URLSearchParams',
          ],
          ...['clearInterval', 'clearTimeout', 'setImmediate', 'setInterval', 'setTimeout', 'queueMicrotask'],
          ...['console', 'fetch', 'performance', 'process', 'structuredClone', 'WebAssembly'],
        ].map((name) => [name, 'readonly']),
      ),
    },
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }] },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs' },
  },
);
