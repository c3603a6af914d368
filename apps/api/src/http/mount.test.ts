import { routes, type RouteName } from '@rankloop/contracts';
import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { checkComplete, refuseRoutesWithoutPolicy } from './mount.ts';

const names = Object.keys(routes) as RouteName[];

describe('the server does not start', () => {
  test('when a contract has no handler', () => {
    expect(() => checkComplete(new Set(names))).not.toThrow();
    expect(() => checkComplete(new Set(names.slice(1)))).toThrow(`No handler for: ${names[0] ?? ''}.`);
  });

  test('when a route says nothing about who may call it', () => {
    const server = Fastify();
    refuseRoutesWithoutPolicy(server);
    expect(() => server.get('/api/secret', () => 'x')).toThrow('Route /api/secret declares no policy.');
    expect(() => server.get('/api/open', { config: { route: 'health' } }, () => 'x')).not.toThrow();
  });
});
