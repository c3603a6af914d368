import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const ROOT = path.join(import.meta.dirname, '..');

/** The files that a type check with this configuration begins with. */
function filesOf(configFile: string): string[] {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  return ts.getParsedCommandLineOfConfigFile(path.join(ROOT, configFile), {}, host)?.fileNames ?? [];
}

// Pages have libraries and syntax of their own, and so a check of their own.
const workspaces = ['apps', 'packages']
  .flatMap((parent) => readdirSync(path.join(ROOT, parent)).map((name) => `${parent}/${name}`))
  .filter((name) => existsSync(path.join(ROOT, name, 'tsconfig.json')) && name !== 'apps/web');

test.each(['.', ...workspaces])(
  'the one type check reads all that the check of %s alone reads',
  (workspace) => {
    const all = new Set(filesOf('tsconfig.types.json'));
    const own = filesOf(path.join(workspace, 'tsconfig.json'));
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((file) => !all.has(file))).toEqual([]);
  },
);
