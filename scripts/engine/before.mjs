// The engine as part of something else: tests and benchmarks run with it where it can be had, and without it elsewhere.
import { explain } from '../lib/plain.mjs';
import { prepareEngine } from './prepare.mjs';

/** A machine that had no compiler an hour ago is asked again; one that had none a minute ago is not. */
export const RETRY_AFTER_MS = 3_600_000;

/** Which kind RANKLOOP_ENGINE leaves to prepare; undefined when it forces an engine that is always there. */
export function wantedKind() {
  const forced = process.env.RANKLOOP_ENGINE;
  if (forced === 'wasm' || forced === 'cpu') return undefined;
  return forced === 'gpu' ? 'gpu' : 'native';
}

/** Puts the engine in place; where that fails, one line says why and the caller goes on. */
export async function prepareEngineFirst() {
  const kind = wantedKind();
  if (kind === undefined) return;
  try {
    const result = await prepareEngine(kind, { retryAfterMs: RETRY_AFTER_MS });
    if ('why' in result) console.log(`Without the ${kind} engine: ${result.why}`);
  } catch (error) {
    console.log(`Without the ${kind} engine: ${explain(error)}`);
  }
}
