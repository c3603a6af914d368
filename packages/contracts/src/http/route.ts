import type { z } from 'zod';
import type { Role, TokenScope } from '../common.ts';

/**
 * Who may call a route. Inside `project` routes every object is looked up together with the project id,
 * so another project's id answers 404 like a missing one. Non-members get 404, members below `role` get 403.
 */
export type Policy =
  | { kind: 'public' }
  | { kind: 'signed-in'; scope: TokenScope | 'session-only' }
  | { kind: 'project'; role: Role; scope: TokenScope | 'session-only' }
  | { kind: 'site-admin'; scope: TokenScope | 'session-only' };

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One HTTP operation under `/api/v1`. `stream` answers are not JSON: the contract gives their content type. */
export interface RouteContract {
  method: Method;
  path: string;
  summary: string;
  tag: string;
  policy: Policy;
  params?: z.ZodObject;
  query?: z.ZodType;
  body?: z.ZodType;
  /** Raw upload: the body is a stream, `body` is absent. */
  upload?: { maxBytes: number };
  response?: z.ZodType;
  status?: 200 | 201 | 202 | 204;
  stream?: 'text/event-stream' | 'application/x-ndjson' | 'application/octet-stream' | 'text/csv';
}

export function defineRoutes<const T extends Record<string, RouteContract>>(routes: T): T {
  return routes;
}

/** What a token must cover; `session-only` routes refuse tokens altogether. */
type Scope = TokenScope | 'session-only';

// Each returns its own kind, so that a handler's types know whether somebody is signed in.
export const PUBLIC = { kind: 'public' } as const satisfies Policy;
export const signedIn = (scope: Scope) => ({ kind: 'signed-in', scope }) as const satisfies Policy;
export const siteAdmin = (scope: Scope) => ({ kind: 'site-admin', scope }) as const satisfies Policy;
export const member = (role: Role, scope: Scope) =>
  ({ kind: 'project', role, scope }) as const satisfies Policy;
