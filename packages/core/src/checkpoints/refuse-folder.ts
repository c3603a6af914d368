import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@rankloop/contracts';
import type { z } from 'zod';

/** A sentence for the person who named the folder: which file or tensor is wrong, and how to mend it. */
export function refuseFolder(detail: string): never {
  throw new AppError('bad_request', { detail });
}

/** Bytes of a file of the folder; null where there is no such file. */
export async function findSize(folder: string, name: string): Promise<number | null> {
  const found = await stat(join(folder, name)).catch(() => null);
  return found?.isFile() === true ? found.size : null;
}

export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuseFolder(`${name} is not what its name says: it holds no JSON. Copy or download it again.`);
  }
}

export function parseAs<T>(schema: z.ZodType<T>, value: unknown, name: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: '' };
  const held = path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
  const key = path.length === 0 ? 'it' : path.join('.');
  if (held === undefined) return refuseFolder(`${name} cannot be used: ${key} is missing.`);
  const what = [key, shown(held)].join(' ').trim();
  return refuseFolder(`${name} cannot be used: ${what} is not supported (${message}).`);
}

/** The refused value where it is short enough to be read. */
function shown(value: unknown): string {
  const text = ['number', 'boolean', 'string'].includes(typeof value) ? JSON.stringify(value) : '';
  return text.length > 60 ? '' : text;
}
