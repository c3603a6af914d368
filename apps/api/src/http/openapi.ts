import { Problem, routes, SESSION_COOKIE, type RouteContract } from '@rankloop/contracts';
import { z } from 'zod';

type Json = Record<string, unknown>;

const PROBLEM = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

/** OpenAPI 3.1 of all contracts. The schemas are JSON Schema 2020-12, which 3.1 takes as it is. */
export function buildOpenApi(version: string, publicUrl: URL): Json {
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries<RouteContract>(routes)) {
    const path = route.path.replaceAll(/:([A-Za-z]+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = describeOperation(name, route);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Rankloop',
      version,
      description: 'People rank, the model learns, new outputs come back.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: `${publicUrl.origin}/api/v1` }],
    paths,
    components: {
      schemas: { Problem: toSchema(Problem, 'output') },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function describeOperation(name: string, route: RouteContract): Json {
  const { policy } = route;
  const notes = [
    policy.kind === 'project' ? `Needs the role ${policy.role} in the project.` : '',
    policy.kind === 'site-admin' ? 'Needs a site admin.' : '',
    policy.kind !== 'public' && policy.scope !== 'session-only' ? `Token scope: ${policy.scope}.` : '',
    policy.kind !== 'public' && policy.scope === 'session-only' ? 'Not with an API token.' : '',
  ].filter((note) => note !== '');
  const takesToken = policy.kind !== 'public' && policy.scope !== 'session-only';
  const security = [{ session: [] }, ...(takesToken ? [{ token: [] }] : [])];
  const requestBody = describeRequestBody(route);
  return {
    operationId: name,
    tags: [route.tag],
    summary: route.summary,
    ...(notes.length > 0 ? { description: notes.join(' ') } : {}),
    security: policy.kind === 'public' ? [] : security,
    parameters: [...describeParameters(route.params, 'path'), ...describeParameters(route.query, 'query')],
    ...(requestBody ? { requestBody } : {}),
    responses: { ...describeAnswer(route), default: { description: 'A problem', content: PROBLEM } },
  };
}

function describeParameters(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = z
    .object({ properties: z.record(z.string(), z.unknown()), required: z.array(z.string()).optional() })
    .partial()
    .parse(toSchema(schema, 'input'));
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}

function describeRequestBody(route: RouteContract): Json | undefined {
  if (route.upload) {
    return {
      required: true,
      content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
    };
  }
  if (!route.body) return undefined;
  return { required: true, content: { 'application/json': { schema: toSchema(route.body, 'input') } } };
}

function describeAnswer(route: RouteContract): Json {
  if (route.stream !== undefined) {
    return {
      '200': { description: 'A stream', content: { [route.stream]: { schema: { type: 'string' } } } },
    };
  }
  if (!route.response) return { [String(route.status ?? 204)]: { description: 'Done' } };
  const content = { 'application/json': { schema: toSchema(route.response, 'output') } };
  return { [String(route.status ?? 200)]: { description: 'OK', content } };
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' });
  return rest;
}
