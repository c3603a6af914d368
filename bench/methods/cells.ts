import type { Cell } from './attempt.ts';
import { METHODS } from './methods.ts';
import type { Size } from './sizes.ts';

/** Everything that is run at a size; `only` names methods. */
export function cellsOf(size: Size, only?: readonly string[]): Cell[] {
  return size.worlds.flatMap((world) =>
    size.seeds.flatMap((seed) => cellsOfSeed({ size, world, seed }, only)),
  );
}

export function cellsOfSeed(place: Pick<Cell, 'size' | 'world' | 'seed'>, only?: readonly string[]): Cell[] {
  const unknown = only?.filter((name) => !METHODS.some((method) => method.name === name)) ?? [];
  if (unknown.length > 0)
    throw new Error(
      `No method ${unknown.join(', ')}: there are ${METHODS.map(({ name }) => name).join(', ')}.`,
    );
  const methods = METHODS.filter(({ name }) => only?.includes(name) ?? true);
  return methods.flatMap((method) =>
    (['true', 'twin'] as const).map((arm): Cell => ({ ...place, method, arm })),
  );
}
