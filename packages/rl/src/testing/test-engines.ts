import { ENGINE_NAMES, type EngineName } from '../engine/use-engine.ts';
import { locateNative } from '../engine/native/locate.ts';

/** The engine of tests that need just one: wasm, which is everywhere, or what RANKLOOP_ENGINE says. */
export const testEngine: EngineName =
  ENGINE_NAMES.find((name) => name === process.env['RANKLOOP_ENGINE']) ?? 'wasm';

/**
 * Whether the set-up has put the TensorFlow addon in place here; it cannot on every machine. With RANKLOOP_ENGINE=gpu
 * the tests compute on the card instead: a process holds one addon.
 */
export const hasNative = testEngine !== 'gpu' && 'install' in locateNative('native');

/** The engine that records steps, where there is one. */
const recording: 'gpu' | 'native' | undefined =
  testEngine === 'gpu' ? 'gpu' : hasNative ? 'native' : undefined;

/** Engines of which one records and the other runs as it stands: what both compute right, rounds compute right. */
export const parityEngines = recording === undefined ? (['wasm'] as const) : (['wasm', recording] as const);

/** The engines that must agree with each other, as far as they run here. */
export const testEngines: readonly EngineName[] = [...parityEngines, 'cpu'];
