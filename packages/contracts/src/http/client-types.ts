import type { z } from 'zod';
import type { RouteContract } from './route.ts';
import type { RouteName, Routes } from './routes.ts';

type Given<R extends RouteContract, K extends 'params' | 'query' | 'body'> = R extends {
  [P in K]: infer S extends z.ZodType;
}
  ? { [P in K]: z.input<S> }
  : unknown;

/** What a caller of a route passes: only the parts that its contract has. An upload takes a blob. */
export type RouteInput<N extends RouteName> = Given<Routes[N], 'params'> &
  (Routes[N] extends { query: infer Q extends z.ZodType } ? { query?: z.input<Q> } : unknown) &
  Given<Routes[N], 'body'> &
  (Routes[N] extends { upload: unknown } ? { upload: Blob } : unknown);

/** What a caller gets back; nothing for 204. */
export type RouteOutput<N extends RouteName> = Routes[N] extends { response: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;
