import type { z } from 'zod';
import type { RouteContract } from './route.ts';
import type { RouteName, Routes } from './routes.ts';

type Given<R extends RouteContract, K extends 'params' | 'query' | 'body'> = R extends {
  [P in K]: infer S extends z.ZodType;
}
  ? { [P in K]: z.input<S> }
  : unknown;

/** What a caller of a route passes: only the parts that its contract has. An upload takes a blob. */
export type InputOf<R extends RouteContract> = Given<R, 'params'> &
  (R extends { query: infer Q extends z.ZodType } ? { query?: z.input<Q> } : unknown) &
  Given<R, 'body'> &
  (R extends { upload: unknown } ? { upload: Blob } : unknown);

/** What a caller gets back; nothing for 204. */
export type OutputOf<R extends RouteContract> = R extends { response: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;

export type RouteInput<N extends RouteName> = InputOf<Routes[N]>;
export type RouteOutput<N extends RouteName> = OutputOf<Routes[N]>;
