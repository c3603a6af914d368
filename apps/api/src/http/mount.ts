import { Readable } from 'node:stream';
import { AppError, routes, type RouteContract, type RouteName, type Routes } from '@rankloop/contracts';
import type { Access, Actor, Principal, ProjectAccess } from '@rankloop/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type z } from 'zod';
import type { FeatureDeps } from '../deps.ts';
import { authorize, findAccess } from './authenticate.ts';
import { toFieldIssues } from './problem.ts';
import { refuseBrokenText } from './text-guard.ts';

const MAX_JSON_BYTES = 1024 * 1024;

type Parsed<C, Part extends string> =
  C extends Record<Part, infer S extends z.ZodType> ? z.output<S> : undefined;
type PolicyKind<C> = C extends { policy: { kind: infer K } } ? K : never;

/** What a handler is given: who asks, and the parts of the request, already checked against the contract. */
export interface Call<C> {
  /** Null only on public routes. */
  principal: PolicyKind<C> extends 'public' ? Principal | null : Principal;
  /** Membership and settings of the project in the path; present on project routes. */
  project: PolicyKind<C> extends 'project' ? ProjectAccess : null;
  /** For audit rows. */
  actor: Actor;
  params: Parsed<C, 'params'>;
  query: Parsed<C, 'query'>;
  /** The parsed body; on upload routes the raw stream, limited to the contract's size. */
  body: C extends { upload: object } ? Readable : Parsed<C, 'body'>;
  deps: FeatureDeps;
  /** Asks again whether the caller may do this: for what goes on long after its request began. @throws AppError */
  reauthorize: () => Promise<void>;
  request: FastifyRequest;
  reply: FastifyReply;
}

type Answer<C> = C extends { response: infer S extends z.ZodType }
  ? z.input<S>
  : C extends { stream: 'text/event-stream' }
    ? 'hijacked'
    : C extends { stream: string }
      ? Readable
      : undefined;

export type Handler<C> = (call: Call<C>) => Promise<Answer<C>>;

/** Gives a route of the contract its handler; everything around it is done here and nowhere else. */
export type Mount = <N extends RouteName>(name: N, handler: Handler<Routes[N]>) => void;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A contract's name, or why a route outside the contracts is open. The server refuses routes without. */
    route?: RouteName | 'health' | 'openapi' | 'pages' | 'unknown';
  }
}

/** The handler with its contract's types forgotten: `mount` has checked them, and zod checks the values. */
type ErasedHandler = (call: Call<RouteContract>) => Promise<unknown>;

export interface Mounting {
  mount: Mount;
  mounted: ReadonlySet<RouteName>;
}

export function createMount(app: FastifyInstance, uploads: FastifyInstance, deps: FeatureDeps): Mounting {
  const mounted = new Set<RouteName>();
  const accesses = new WeakMap<FastifyRequest, Access | null>();

  const mount: Mount = (name, handler) => {
    if (mounted.has(name)) throw new Error(`Route ${name} is mounted twice.`);
    mounted.add(name);
    const contract: RouteContract = routes[name];
    const handle = handler as unknown as ErasedHandler;
    (contract.upload ? uploads : app).route({
      method: contract.method,
      url: `/api/v1${contract.path}`,
      config: { route: name },
      // A stream has no head worth asking for, and opening one would never answer.
      exposeHeadRoute: contract.stream === undefined,
      bodyLimit: contract.upload?.maxBytes ?? MAX_JSON_BYTES,
      // Before the body is read: whoever may not call is not listened to.
      onRequest: async (request) => {
        const access = await findAccess(deps.db.pool, request);
        authorize(contract.policy, access);
        accesses.set(request, access);
      },
      handler: async (request, reply) => {
        const access = accesses.get(request) ?? null;
        // `authorize` has made sure of what the policy's kind promises.
        const call = {
          principal: access?.principal ?? null,
          project: contract.policy.kind === 'project' ? (access?.project ?? null) : null,
          actor: { userId: access?.principal.userId ?? null, requestId: request.id, address: request.ip },
          params: parsePart(contract.params, request.params),
          query: parsePart(contract.query, request.query),
          body: contract.upload ? request.body : parsePart(contract.body, request.body),
          deps,
          reauthorize: async () => authorize(contract.policy, await findAccess(deps.db.pool, request)),
          request,
          reply,
        } as unknown as Call<RouteContract>;
        return answer(contract, reply, await handle(call));
      },
    });
  };
  return { mount, mounted };
}

function parsePart(schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issues = toFieldIssues(parsed.error);
    const first = issues[0];
    const where = first?.path ? `${first.path}: ` : '';
    throw new AppError('bad_request', {
      ...(first ? { detail: `${where}${first.message}` } : {}),
      issues,
    });
  }
  refuseBrokenText(parsed.data);
  return parsed.data;
}

function answer(contract: RouteContract, reply: FastifyReply, value: unknown): FastifyReply {
  if (contract.stream === 'text/event-stream') return reply;
  if (contract.stream !== undefined) {
    if (!(value instanceof Readable)) throw new Error('A stream route must answer with a stream.');
    return reply.type(contract.stream).send(value);
  }
  if (!contract.response) return reply.code(contract.status ?? 204).send();
  // Parsing on the way out keeps fields that the contract does not name from leaving.
  const body = contract.response.parse(value);
  return reply
    .code(contract.status ?? 200)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(body));
}

/** The server does not start with a hole. */
export function checkComplete(mounted: ReadonlySet<RouteName>): void {
  const names = Object.keys(routes) as RouteName[];
  const missing = names.filter((name) => !mounted.has(name));
  if (missing.length > 0) throw new Error(`No handler for: ${missing.join(', ')}.`);
}

/** Every route registered later must say what it is. Add before any route. */
export function refuseRoutesWithoutPolicy(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const name = route.config?.route;
    if (name === undefined) throw new Error(`Route ${route.url} declares no policy.`);
    if (name in routes && !('policy' in routes[name as RouteName])) {
      throw new Error(`Route ${route.url} declares no policy.`);
    }
  });
}
