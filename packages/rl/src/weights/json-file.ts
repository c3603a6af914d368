// JSON files of a model folder, read with limits.

import { readFile, stat } from 'node:fs/promises';

/** Configurations are a page long; tokenizer files of large vocabularies some ten megabytes. */
const MAX_CONFIG_BYTES = 10_000_000;
export const MAX_TOKENIZER_BYTES = 200_000_000;

type JsonObject = Readonly<Record<string, unknown>>;

/** @throws Error saying which file is missing, too large, or no JSON object */
export async function readJsonObject(path: string, maxBytes = MAX_CONFIG_BYTES): Promise<JsonObject> {
  const found = await findJsonObject(path, maxBytes);
  if (found === null) throw new Error(`There is no ${path}.`);
  return found;
}

/** Null where there is no such file. */
export async function findJsonObject(path: string, maxBytes = MAX_CONFIG_BYTES): Promise<JsonObject | null> {
  const text = await findText(path, maxBytes);
  if (text === null) return null;
  const value = parse(text, path);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${path} is not a JSON object.`);
  }
  return Object.fromEntries(Object.entries(value));
}

/** A file as UTF-8; null where there is none. */
export async function findText(path: string, maxBytes = MAX_CONFIG_BYTES): Promise<string | null> {
  const size = await fileSize(path);
  if (size === null) return null;
  if (size > maxBytes)
    throw new Error(`${path} is ${size} bytes long: too large for what it should hold (${maxBytes}).`);
  return readFile(path, 'utf8');
}

/**
 * Bytes of a regular file; null where there is nothing. Links are followed, as Hugging Face's cache is made of them.
 *
 * @throws Error of a folder, a pipe or a device, which could be read for ever
 */
export async function fileSize(path: string): Promise<number | null> {
  const found = await stat(path).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT') return null;
    throw new Error(`${path} cannot be opened (${code}).`, { cause: error });
  });
  if (found === null) return null;
  if (!found.isFile()) throw new Error(`${path} is not a file.`);
  return found.size;
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${path} is not JSON.`);
  }
}
