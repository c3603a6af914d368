import { AppError } from '@rankloop/contracts';
import { toPointer } from './problem.ts';

/** PostgreSQL cannot keep NUL, and half a surrogate pair is no text: refuse both where they come in. */
export function refuseBrokenText(value: unknown): void {
  const path = findBrokenText(value, []);
  if (!path) return;
  throw new AppError('bad_request', {
    detail: 'A text holds a character that cannot be stored.',
    issues: [{ path: toPointer(path), message: 'Holds a NUL or half a surrogate pair' }],
  });
}

function findBrokenText(value: unknown, path: readonly string[]): readonly string[] | undefined {
  if (typeof value === 'string') return isBroken(value) ? path : undefined;
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, part] of Object.entries(value)) {
    const found = isBroken(key) ? path : findBrokenText(part, [...path, key]);
    if (found) return found;
  }
  return undefined;
}

function isBroken(text: string): boolean {
  return text.includes('\0') || /\p{Surrogate}/u.test(text);
}
