import { ENGINE_NAMES, type EngineName } from '../engine/use-engine.ts';
import { locateNative } from '../engine/native/locate.ts';

/** The engine of tests that need just one: wasm, which is everywhere, or what RANKLOOP_ENGINE says. */
export const testEngine: EngineName =
  ENGINE_NAMES.find((name) => name === process.env['RANKLOOP_ENGINE']) ?? 'wasm';

/** Whether the set-up has put the TensorFlow addon in place here; it cannot on every machine. */
export const hasNative = 'install' in locateNative('native');

/** The engines that must agree with each other, as far as they run here. */
export const testEngines: readonly EngineName[] = hasNative ? ['wasm', 'cpu', 'native'] : ['wasm', 'cpu'];
