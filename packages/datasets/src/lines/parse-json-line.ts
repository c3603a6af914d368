/** Why a line's content is refused: shown to people next to the line's number. */
export class BadLineError extends Error {
  override readonly name = 'BadLineError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_DEPTH = 2000;

/**
 * Parses one JSON object and refuses what could hurt later: keys that reach prototypes, NUL (PostgreSQL text has none),
 * lone surrogates (not encodable as UTF-8), nesting without end.
 *
 * @throws BadLineError
 */
export function parseJsonLine(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BadLineError(
      'not_json',
      `Not valid JSON: ${error instanceof Error ? shorten(error.message) : 'unknown'}`,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadLineError('not_object', 'Expected a JSON object on each line');
  }
  checkValue(value);
  return value as Record<string, unknown>; // an object, not an array, as just checked
}

/** Iterative: a deeply nested line must not end the process by its stack. */
function checkValue(root: object): void {
  const open: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (typeof value === 'string') checkText(value);
    if (typeof value !== 'object' || value === null) continue;
    if (depth > MAX_DEPTH) throw new BadLineError('too_deep', `Nested deeper than ${MAX_DEPTH} levels`);
    for (const key of Object.keys(value)) {
      if (FORBIDDEN_KEYS.has(key)) throw new BadLineError('forbidden_key', `The key "${key}" is not allowed`);
      checkText(key);
    }
    for (const item of Object.values(value) as unknown[]) open.push({ value: item, depth: depth + 1 });
  }
}

function checkText(text: string): void {
  if (text.includes('\0')) throw new BadLineError('nul_character', 'The text contains a NUL character');
  if (/\p{Surrogate}/u.test(text)) {
    throw new BadLineError(
      'lone_surrogate',
      'The text contains half of a surrogate pair, which is not Unicode text',
    );
  }
}

/** The parser's message quotes the line, which may hold what PostgreSQL cannot store. */
function shorten(message: string): string {
  const storable = message.replace(/\p{Surrogate}|\0/gu, '\uFFFD');
  return storable.length > 160 ? `${storable.slice(0, 159)}…` : storable;
}
