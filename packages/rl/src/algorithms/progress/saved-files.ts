// A saved state as two files: numbers and texts as JSON, tensors as safetensors.
//
// Whoever calls hashes the folder, names it and compares the hashes before it is read again.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  readSafetensors,
  readSafetensorsHeader,
  writeSafetensors,
  type HostTensor,
} from '../../weights/safetensors.ts';
import type { PartState, SavedState } from './progress.ts';

/** Goes up when a training that was saved before could no longer go on: parts renamed, places counted otherwise. */
const FORMAT = 1;
const VALUES = 'state.json';
const TENSORS = 'state.safetensors';

/** Whose state it is: kept with it, and compared before it is used again. */
const Origin = z.record(z.string(), z.string());
export type Origin = z.infer<typeof Origin>;

const Saved = z.object({
  format: z.literal(FORMAT, { error: 'It was saved by another version.' }),
  step: z.number().int().nonnegative(),
  origin: Origin,
  parts: z.record(z.string(), z.json()),
});

/** Into a fresh folder. */
export async function writeSavedState(dir: string, state: SavedState, origin: Origin = {}): Promise<void> {
  await mkdir(dir, { recursive: true });
  const tensors = new Map<string, HostTensor>();
  for (const [part, { tensors: own }] of state.parts) {
    for (const [name, tensor] of own) tensors.set(`${part}/${name}`, tensor);
  }
  await writeSafetensors(join(dir, TENSORS), tensors);
  const parts = Object.fromEntries([...state.parts].map(([part, { value }]) => [part, value]));
  const saved: z.infer<typeof Saved> = { format: FORMAT, step: state.step, origin, parts };
  await writeFile(join(dir, VALUES), `${JSON.stringify(saved)}\n`);
}

/** Where a folder's state comes from. @throws Error if it cannot be read */
export async function readOrigin(dir: string): Promise<Origin> {
  return (await readValues(dir)).origin;
}

/** @throws Error if it cannot be read */
export async function readSavedState(dir: string): Promise<SavedState> {
  const { step, parts: values } = await readValues(dir);
  const path = join(dir, TENSORS);
  const header = await readSafetensorsHeader(path);
  const tensors = await readSafetensors(path, header, header.entries.keys());
  const parts = Object.entries(values).map(([part, value]): [string, PartState] => {
    const own = [...tensors].filter(([name]) => name.startsWith(`${part}/`));
    return [
      part,
      { value, tensors: new Map(own.map(([name, tensor]) => [name.slice(part.length + 1), tensor])) },
    ];
  });
  return { step, parts: new Map(parts) };
}

async function readValues(dir: string): Promise<z.infer<typeof Saved>> {
  return Saved.parse(JSON.parse(await readFile(join(dir, VALUES), 'utf8')));
}
