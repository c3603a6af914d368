import { randomUUID } from 'node:crypto';
import { Role, routes, TokenScope, type RouteContract, type RouteName } from '@rankloop/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, samples, type Objects, type World } from './authorization-world.ts';
import { startTestApp, type Asker, type TestApp } from './start-test-app.ts';

let app: TestApp;
/** For calls that are refused, and so change nothing. A call that succeeds gets a world of its own. */
let shared: World;
beforeAll(async () => {
  app = await startTestApp();
  shared = await createWorld(app);
});
afterAll(() => app.close());

const all = Object.entries<RouteContract>(routes) as [RouteName, RouteContract][];
const ofKind = (kind: RouteContract['policy']['kind']) =>
  all.filter(([, { policy }]) => policy.kind === kind);
/** Ids in the path apart from the project's. */
const objectsIn = (route: RouteContract) =>
  [...route.path.matchAll(/:(\w+)/g)].flatMap(([, name]) => (name === 'projectId' ? [] : [name ?? '']));

async function ask(name: RouteName, world: World, as: Asker | undefined, ids: Objects): Promise<number> {
  const route: RouteContract = routes[name];
  const sample = samples[name];
  const path = route.path.replaceAll(/:(\w+)/g, (_match, id: keyof Objects) => ids[id]);
  const body = route.body || route.upload ? sample.body?.(world) : undefined;
  const answer = await app.send({ method: route.method, path: path + (sample.query ?? ''), as, body });
  if (answer.statusCode >= 400) expect(answer.json()).toMatchObject({ status: answer.statusCode });
  return answer.statusCode;
}

function passedStatuses(name: RouteName): number[] {
  const route: RouteContract = routes[name];
  return [route.status ?? (route.response || route.stream ? 200 : 204), ...(samples[name].alsoPassed ?? [])];
}

function askerOf(world: World, policy: RouteContract['policy']): Asker {
  if (policy.kind === 'project') return world[policy.role];
  return policy.kind === 'site-admin' ? world.siteAdmin : world.labeler;
}

function rolesBelow(policy: RouteContract['policy']): Role[] {
  if (policy.kind !== 'project') return [];
  return Role.options.slice(0, Role.options.indexOf(policy.role));
}

// A stream has no end to wait for here; live-events.int.test.ts opens it.
const answering = all.filter(([, { stream }]) => stream !== 'text/event-stream');

describe('who may call', () => {
  test.each(all.filter(([, { policy }]) => policy.kind !== 'public'))(
    '%s: nobody without signing in, and nobody whose account is disabled',
    async (name) => {
      expect(await ask(name, shared, undefined, shared.own)).toBe(401);
      expect(await ask(name, shared, shared.disabled, shared.own)).toBe(401);
    },
  );

  test.each(ofKind('project'))('%s: no stranger, who is told that nothing is there', async (name) => {
    expect(await ask(name, shared, shared.stranger, shared.own)).toBe(404);
    const nowhere = { ...shared.own, projectId: randomUUID() };
    expect(await ask(name, shared, shared.admin, nowhere)).toBe(404);
    expect(await ask(name, shared, shared.siteAdmin, nowhere)).toBe(404);
  });

  test.each(ofKind('project'))('%s: no role below the one it names', async (name, { policy }) => {
    for (const role of rolesBelow(policy))
      expect(await ask(name, shared, shared[role], shared.own)).toBe(403);
  });

  test.each(ofKind('site-admin'))('%s: site admins only', async (name) => {
    expect(await ask(name, shared, shared.admin, shared.own)).toBe(403);
  });

  test.each(answering)('%s: whoever the policy names', async (name, { policy }) => {
    const world = await createWorld(app);
    const as = policy.kind === 'public' ? undefined : askerOf(world, policy);
    expect(passedStatuses(name)).toContain(await ask(name, world, as, world.own));
  });
});

describe('objects', () => {
  const withObjects = all.filter(([, route]) => objectsIn(route).length > 0);

  test.each(withObjects)("%s: not another project's, nor a missing one", async (name, route) => {
    const as = askerOf(shared, route.policy);
    for (const object of objectsIn(route)) {
      expect(await ask(name, shared, as, { ...shared.own, [object]: randomUUID() })).toBe(404);
      // Accounts belong to no project.
      if (route.policy.kind === 'site-admin') continue;
      const foreign = { ...shared.own, [object]: shared.other[object as keyof Objects] };
      expect(await ask(name, shared, as, foreign)).toBe(404);
    }
  });

  const ofOneself = withObjects.filter(([, { path }]) => /:(leaseId|tokenId)/.test(path));
  test.each(ofOneself)("%s: not a colleague's", async (name, route) => {
    const { leaseId, tokenId } = shared.colleague;
    const as = askerOf(shared, route.policy);
    expect(await ask(name, shared, as, { ...shared.own, leaseId, tokenId })).toBe(404);
  });
});

describe('API tokens', () => {
  const scopes = TokenScope.options;
  const scopeOf = ({ policy }: RouteContract) => (policy.kind === 'public' ? undefined : policy.scope);
  const guarded = all.filter(([, { policy }]) => policy.kind !== 'public');

  test.each(guarded)('%s: not without its scope, nor beyond the role', async (name, route) => {
    const rest = scopes.filter((scope) => scope !== scopeOf(route));
    const others = await app.tokenOf(askerOf(shared, route.policy), rest);
    expect(await ask(name, shared, others, shared.own)).toBe(403);
    for (const role of rolesBelow(route.policy)) {
      const below = await app.tokenOf(shared[role], scopes);
      expect(await ask(name, shared, below, shared.own)).toBe(403);
    }
  });

  const forTokens = guarded.filter(([, route]) => scopeOf(route) !== 'session-only');
  test.each(forTokens)('%s: with its scope alone', async (name, route) => {
    const world = await createWorld(app);
    const fitting = scopes.filter((scope) => scope === scopeOf(route));
    const token = await app.tokenOf(askerOf(world, route.policy), fitting);
    expect(passedStatuses(name)).toContain(await ask(name, world, token, world.own));
  });
});

test('the sample of every route is of a route that exists', () => {
  expect(Object.keys(samples).sort()).toEqual(Object.keys(routes).sort());
});
