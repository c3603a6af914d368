import { createHash } from 'node:crypto';
import type { JudgementBody } from '@rankloop/contracts';

/** SHA-256 of the body with sorted keys: the same answer is the same hash whatever order its fields came in. */
export function bodyHash(body: JudgementBody): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex');
}

/** JSON with object keys sorted at every depth; undefined fields are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
