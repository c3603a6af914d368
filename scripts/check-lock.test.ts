import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lockProblems } from './check-lock.mjs';

test('the lockfile of this repository installs on every platform and from any registry', () => {
  const lock: unknown = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
  expect(lockProblems(lock as Parameters<typeof lockProblems>[0])).toEqual([]);
});

test('a platform package that is named but not locked is reported', () => {
  const packages = {
    'node_modules/tool': { optionalDependencies: { 'tool-linux': '1.0.0', 'tool-windows': '1.0.0' } },
    'node_modules/tool/node_modules/tool-linux': { version: '1.0.0' },
  };
  expect(lockProblems({ packages })).toEqual([
    'node_modules/tool names tool-windows as optional, but it is not locked.',
  ]);
});

test('an entry that is tied to one registry is reported, a link to a workspace is not', () => {
  const packages = {
    'node_modules/tool': { resolved: 'https://registry.example/tool-1.0.0.tgz' },
    'node_modules/@rankloop/core': { resolved: 'packages/core', link: true },
  };
  expect(lockProblems({ packages })).toEqual([
    'node_modules/tool is tied to https://registry.example/tool-1.0.0.tgz.',
  ]);
});

test('an empty lockfile is not taken for a complete one', () => {
  expect(lockProblems({})).toEqual(['The lockfile lists no packages.']);
});
