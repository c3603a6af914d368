// The lockfile must install anywhere: `npm ci` fails on a platform whose binary package is named as optional
// but was not locked, and a lockfile that names a registry host does not install from another one.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @typedef {{ version?: string, link?: boolean, resolved?: string, optionalDependencies?: Record<string, string> }} LockEntry */

/**
 * Every reason why a lockfile would not install on another platform or from another registry.
 * @param {{ packages?: Record<string, LockEntry> }} lock
 * @returns {string[]}
 */
export function lockProblems(lock) {
  const entries = Object.entries(lock.packages ?? {});
  if (entries.length === 0) return ['The lockfile lists no packages.'];

  const lockedNames = new Set(entries.map(([path]) => path.split('node_modules/').at(-1)));
  const problems = [];
  for (const [path, entry] of entries) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (!lockedNames.has(name)) problems.push(`${path} names ${name} as optional, but it is not locked.`);
    }
    if (/^[a-z+]+:/i.test(entry.resolved ?? '')) problems.push(`${path} is tied to ${entry.resolved}.`);
  }
  return problems;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = process.argv.length > 2 ? process.argv.slice(2) : ['package-lock.json'];
  const problems = files.flatMap((file) =>
    lockProblems(JSON.parse(readFileSync(resolve(file), 'utf8'))).map((problem) => `${file}: ${problem}`),
  );
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) {
    console.error(
      `${problems.length} problem(s) in the lockfiles. Pin the package to a version whose platform packages all exist.`,
    );
    process.exit(1);
  }
  console.log(`Complete for every platform: ${files.join(', ')}.`);
}
