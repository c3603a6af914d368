// Where the tensors of a folder lie: in model.safetensors, or in shards that an index names.

import { basename, join } from 'node:path';
import { z } from 'zod';
import { fileSize, findJsonObject } from './json-file.ts';
import { readSafetensors, readSafetensorsHeader, type HostTensor, type TensorEntry } from './safetensors.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const PICKLE = 'pytorch_model.bin';
const MAX_SHARDS = 1_000;

/** A file of the folder itself: no path leads out of it. */
const ShardName = z.string().regex(/^[A-Za-z0-9][\w.-]*\.safetensors$/);
const IndexSchema = z.looseObject({ weight_map: z.record(z.string(), ShardName) });

export interface StoredTensor extends TensorEntry {
  readonly path: string;
}

/**
 * Every tensor of a folder by its name in the files; only headers are read.
 *
 * @throws Error naming the file and what is wrong with it
 */
export async function findTensors(dir: string): Promise<Map<string, StoredTensor>> {
  const single = join(dir, SINGLE);
  if ((await fileSize(single)) !== null) return tensorsIn(single);
  const indexPath = join(dir, INDEX);
  const index = await findJsonObject(indexPath, MAX_INDEX_BYTES);
  if (index === null) throw new Error(await whyNoWeights(dir));
  return tensorsInShards(dir, indexPath, index);
}

const MAX_INDEX_BYTES = 100_000_000;

async function whyNoWeights(dir: string): Promise<string> {
  const hasPickle = (await fileSize(join(dir, PICKLE))) !== null;
  const hint = hasPickle
    ? ` Its ${PICKLE} is not read, because such a file can run code: save the model with safe_serialization=True.`
    : '';
  return `${dir} has no ${SINGLE}.${hint}`;
}

async function tensorsIn(path: string): Promise<Map<string, StoredTensor>> {
  const { entries } = await readSafetensorsHeader(path);
  return new Map([...entries].map(([name, entry]) => [name, { ...entry, path }]));
}

async function tensorsInShards(
  dir: string,
  indexPath: string,
  json: Readonly<Record<string, unknown>>,
): Promise<Map<string, StoredTensor>> {
  const parsed = IndexSchema.safeParse(json);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new Error(
      `${indexPath} cannot be used: ${path} must name a .safetensors file beside it for every tensor.`,
    );
  }
  const fileOf = new Map(Object.entries(parsed.data.weight_map));
  const shards = new Set(fileOf.values());
  if (shards.size > MAX_SHARDS)
    throw new Error(`${indexPath} names ${shards.size} files; at most ${MAX_SHARDS}.`);
  const tensors = new Map<string, StoredTensor>();
  for (const shard of shards) {
    const path = join(dir, shard);
    if ((await fileSize(path)) === null) throw new Error(`${indexPath} names ${shard}, which is missing.`);
    for (const [name, tensor] of await tensorsIn(path)) {
      // A tensor that the index gives to another shard, or to none, is not read from here.
      if (fileOf.get(name) === shard) tensors.set(name, tensor);
    }
  }
  for (const [name, shard] of fileOf) {
    if (!tensors.has(name))
      throw new Error(`${join(dir, shard)} lacks the tensor ${name}, which ${INDEX} says it has.`);
  }
  return tensors;
}

/** The stored tensors as float32, by the names given to them. */
export async function readTensors(
  wanted: ReadonlyMap<string, { readonly nameInFile: string; readonly stored: StoredTensor }>,
): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  const paths = new Set([...wanted.values()].map(({ stored }) => stored.path));
  for (const path of paths) {
    const here = [...wanted].filter(([, { stored }]) => stored.path === path);
    const entries = new Map(here.map(([, { nameInFile, stored }]) => [nameInFile, stored]));
    const read = await readSafetensors(path, { entries }, entries.keys());
    for (const [name, { nameInFile }] of here) {
      const tensor = read.get(nameInFile);
      if (tensor === undefined) throw new Error(`${basename(path)} has no tensor ${nameInFile}.`);
      tensors.set(name, tensor);
    }
  }
  return tensors;
}
