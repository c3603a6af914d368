import { open, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { findSize, parseAs, parseJson, refuseFolder } from './refuse-folder.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const MAX_INDEX_BYTES = 100_000_000;
const MAX_SHARDS = 1_000;
/** The limit of the format's own implementation. */
const MAX_HEADER_BYTES = 100_000_000;
const LFS_POINTER = 'version https://git-lfs';

/** A file of the folder itself: no path leads out of it. */
const ShardName = z.string().regex(/^[A-Za-z0-9][\w.-]*\.safetensors$/, 'a file beside the index');
const Index = z.looseObject({ weight_map: z.record(z.string(), ShardName) });
const Offset = z.number().int().nonnegative();
const Tensor = z.looseObject({
  dtype: z.string(),
  shape: z.array(Offset),
  data_offsets: z.tuple([Offset, Offset]),
});

export interface StoredTensor {
  /** Which file of the folder holds it. */
  file: string;
  dtype: string;
  shape: readonly number[];
}

/**
 * The files that hold a folder's weights: one, or an index with its shards.
 *
 * @throws AppError `bad_request`
 */
export async function listWeightFiles(folder: string): Promise<string[]> {
  if ((await findSize(folder, SINGLE)) !== null) return [SINGLE];
  return [INDEX, ...new Set((await readIndex(folder)).values())];
}

/**
 * Every tensor by its name in the files; no weight is read.
 *
 * @throws AppError `bad_request`
 */
export async function readTensorHeaders(folder: string): Promise<Map<string, StoredTensor>> {
  if ((await findSize(folder, SINGLE)) !== null) return readHeader(folder, SINGLE);
  const shardOf = await readIndex(folder);
  const tensors = new Map<string, StoredTensor>();
  for (const shard of new Set(shardOf.values())) {
    for (const [name, tensor] of await readHeader(folder, shard)) {
      if (shardOf.get(name) === shard) tensors.set(name, tensor);
    }
  }
  for (const [name, shard] of shardOf) {
    if (!tensors.has(name))
      refuseFolder(
        `${shard} lacks the tensor ${name}, which ${INDEX} says it has. Both must come from one save: copy the folder again.`,
      );
  }
  return tensors;
}

async function readIndex(folder: string): Promise<Map<string, string>> {
  const size = await findSize(folder, INDEX);
  if (size === null) return refuseFolder(await whyNoWeights(folder));
  if (size > MAX_INDEX_BYTES) refuseFolder(`${INDEX} is too large.`);
  const json = parseJson(await readFile(join(folder, INDEX), 'utf8'), INDEX);
  const shardOf = new Map(Object.entries(parseAs(Index, json, INDEX).weight_map));
  const shards = new Set(shardOf.values());
  if (shards.size === 0) refuseFolder(`${INDEX} names no file. Save the model again.`);
  if (shards.size > MAX_SHARDS) refuseFolder(`${INDEX} names ${shards.size} files; at most ${MAX_SHARDS}.`);
  for (const shard of shards) {
    if ((await findSize(folder, shard)) === null)
      refuseFolder(`${INDEX} names ${shard}, which is missing. Copy or download it into the folder.`);
  }
  return shardOf;
}

async function whyNoWeights(folder: string): Promise<string> {
  const lacks = `${folder} has no ${SINGLE}, nor ${INDEX} with its shards.`;
  if ((await findSize(folder, 'adapter_model.safetensors')) !== null)
    return `${lacks} It holds an adapter: merge it into its model (merge_and_unload of PEFT) and save that.`;
  for (const pickle of ['pytorch_model.bin', 'pytorch_model.bin.index.json']) {
    if ((await findSize(folder, pickle)) !== null)
      return `${lacks} Its ${pickle} is not read, because such a file can run code: save the model with save_pretrained(folder, safe_serialization=True).`;
  }
  return `${lacks} Save the model with save_pretrained(folder).`;
}

async function readHeader(folder: string, name: string): Promise<Map<string, StoredTensor>> {
  const size = (await findSize(folder, name)) ?? 0;
  const file = await open(join(folder, name));
  try {
    const start = await readBytes(file, 0, Math.min(size, LFS_POINTER.length));
    if (start.toString('latin1') === LFS_POINTER)
      refuseFolder(`${name} is only a pointer to the weights. Fetch them with: git lfs pull`);
    const length = size < 8 ? 0 : Number(start.readBigUInt64LE());
    if (length < 2 || length > MAX_HEADER_BYTES || 8 + length > size)
      refuseFolder(`${name} is cut off, or is not a safetensors file. Copy or download it again.`);
    const text = (await readBytes(file, 8, length)).toString('utf8');
    const header = parseAs(z.record(z.string(), z.unknown()), parseJson(text, name), name);
    const tensors = new Map<string, StoredTensor>();
    for (const [tensor, raw] of Object.entries(header)) {
      if (tensor === '__metadata__') continue;
      const { dtype, shape, data_offsets: offsets } = parseAs(Tensor, raw, `${name}: ${tensor}`);
      if (offsets[0] > offsets[1] || 8 + length + offsets[1] > size)
        refuseFolder(
          `${name} is cut off: ${tensor} would end after the file. Copy or download the file again.`,
        );
      tensors.set(tensor, { file: name, dtype, shape });
    }
    return tensors;
  } finally {
    await file.close();
  }
}

/** Of a file that ends earlier the rest stays zero. */
async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  return (await file.read(Buffer.alloc(length), 0, length, position)).buffer;
}
