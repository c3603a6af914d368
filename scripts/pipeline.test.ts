import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { z } from 'zod';

const Plan = z.object({
  tasks: z.array(
    z.object({
      taskId: z.string(),
      dependencies: z.array(z.string()),
      resolvedTaskDefinition: z.object({ cache: z.boolean() }),
    }),
  ),
});

/** What turbo would run, without running it. */
function planOf(task: string) {
  const turbo = new URL('../node_modules/turbo/bin/turbo', import.meta.url).pathname;
  const output = execFileSync(process.execPath, [turbo, 'run', task, '--dry=json'], {
    encoding: 'utf8',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return Plan.parse(JSON.parse(output)).tasks;
}

/** Every task that a task waits for, near or far: a change in one of their inputs makes it run again. */
function everythingBefore(tasks: ReturnType<typeof planOf>, taskId: string): Set<string> {
  const before = new Set<string>();
  const visit = (id: string) => {
    for (const next of tasks.find((task) => task.taskId === id)?.dependencies ?? []) {
      if (before.has(next)) continue;
      before.add(next);
      visit(next);
    }
  };
  visit(taskId);
  return before;
}

// Packages are bundled, linted and type-checked from their sources, so an app's result is stale when one of them changes.
test.each(['build', 'lint', 'types'])(
  'a cached %s of an app is not used after a package below it changed',
  (task) => {
    const before = everythingBefore(planOf(task), `@rankloop/api#${task}`);
    for (const name of ['contracts', 'core', 'db', 'jobs']) {
      expect([...before].some((id) => id.startsWith(`@rankloop/${name}#`))).toBe(true);
    }
  },
);

test('tests are never taken from a cache', () => {
  expect(planOf('test').filter(({ resolvedTaskDefinition }) => resolvedTaskDefinition.cache)).toEqual([]);
});
