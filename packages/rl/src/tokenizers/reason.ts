// What a library's error says of a file that it was given.

import { types } from 'node:util';

/** Of a slip over what is not there (a TypeError) nothing is worth repeating: it speaks of the library's own code. */
export function reasonOf(error: unknown): string {
  // Errors of another realm are no `instanceof Error`.
  if (!types.isNativeError(error)) return 'it cannot be read';
  if ('code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'it takes too long';
  if (error.name === 'TypeError') return 'it is cut short or malformed';
  return error.message.replaceAll('undefined', 'none');
}
