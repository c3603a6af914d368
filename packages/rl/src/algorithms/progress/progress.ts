// How a training goes on after its process was killed: it is a set of named parts, each of which can say what it holds
// and be put back there. What is saved of them all at one step is enough to continue bit for bit.

import type { z } from 'zod';
import type { HostTensor } from '../../weights/safetensors.ts';

type Json = z.core.util.JSONType;

/** What one part holds. */
export interface PartState {
  readonly value: Json;
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

/** Something that changes while a training runs: weights, an optimiser, a generator, a place in the data. */
export interface Part {
  /** A copy. */
  read(): PartState;
  /**
   * Checks all of a state before anything changes.
   * @returns what puts it in place @throws Error if it is not a state of this part
   */
  accept(state: PartState): () => void;
}

export type Parts = Readonly<Record<string, Part>>;

export interface SavedState {
  /** Steps that were done. */
  readonly step: number;
  readonly parts: ReadonlyMap<string, PartState>;
}

/** Where a training leaves what it needs to go on, and finds it again. */
export interface Progress {
  /** What was saved last of this very training; null where there is nothing. */
  find(): Promise<SavedState | null>;
  /** Training begins after this step, from 0 where nothing was found or what was found was refused for a reason. */
  begin(step: number, refusal?: string): void;
  /** Whether it is time to save again. */
  isDue(step: number): boolean;
  save(state: SavedState): Promise<void>;
}

/** Puts every part where it was saved, or none. Returns the steps that are done. */
export function goOn(progress: Progress | undefined, saved: SavedState | null, parts: Parts): number {
  const refusal = saved === null ? null : restoreParts(saved, parts);
  const step = saved === null || refusal !== null ? 0 : saved.step;
  progress?.begin(step, refusal ?? undefined);
  return step;
}

export async function findSaved(progress: Progress | undefined): Promise<SavedState | null> {
  return (await progress?.find()) ?? null;
}

/** Puts every part where it was saved, or none. Returns why a part refused, else null. */
export function restoreParts(saved: SavedState, parts: Parts): string | null {
  try {
    const placings = Object.entries(parts).map(([name, part]) => part.accept(partOf(saved, name)));
    for (const place of placings) place();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @throws Error if there is no such part */
export function partOf(saved: SavedState, name: string): PartState {
  const state = saved.parts.get(name);
  if (state === undefined) throw new Error(`What was saved has no ${name}.`);
  return state;
}

export async function saveWhenDue(progress: Progress | undefined, step: number, parts: Parts): Promise<void> {
  if (progress?.isDue(step) !== true) return;
  const states = Object.entries(parts).map(([name, part]) => [name, part.read()] as const);
  await progress.save({ step, parts: new Map(states) });
}
