// safetensors: 8 bytes little-endian header length, a JSON header, then the tensors' bytes.
//
// A file is read in two steps, so that nothing large is allocated for a bad one: first the header, checked against
// the size of the file; then, after the caller has compared names and shapes with what it needs, the data.

import { open, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { bytesPerValue, decodeFloats, isFloatDtype } from './float-formats.ts';
import { fileSize } from './json-file.ts';

/** A tensor in ordinary memory. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Byte range in the file. */
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
/** Read at a time: what is held beside the tensors themselves. A multiple of every format's size. */
const CHUNK_BYTES = 8_388_608;

const EntrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});
const HeaderSchema = z.record(z.string(), z.unknown());
const MetadataSchema = z.record(z.string(), z.string());

/** Reads and checks the header of `path`; reads no tensor. */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  // Opening a pipe would wait for somebody to write to it.
  if ((await fileSize(path)) === null) throw new Error(`There is no ${path}.`);
  const file = await open(path, 'r');
  try {
    return await readHeader(file, path);
  } finally {
    await file.close();
  }
}

async function readHeader(file: FileHandle, path: string): Promise<SafetensorsHeader> {
  const { size } = await file.stat();
  if (size < 8) throw new Error(`${path} is ${size} bytes long: too short for a safetensors file.`);
  const headerBytes = Number((await readExactly(file, 0, 8, path)).readBigUInt64LE(0));
  if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > size) {
    throw new Error(
      `${path} says its header is ${headerBytes} bytes, but the file has ${size} bytes in all.`,
    );
  }
  const text = (await readExactly(file, 8, headerBytes, path)).toString('utf8');
  const header = HeaderSchema.safeParse(parseJson(text, path));
  if (!header.success) throw new Error(`${path} has a header that is not a JSON object.`);
  const { __metadata__: metadata, ...tensors } = header.data;
  const dataStart = 8 + headerBytes;
  const entries = new Map(
    Object.entries(tensors).map(([name, raw]) => [name, checkEntry(name, raw, dataStart, size, path)]),
  );
  checkLayout(entries, dataStart, size, path);
  const parsed = MetadataSchema.safeParse(metadata ?? {});
  if (!parsed.success) throw new Error(`${path} has metadata that is not text.`);
  return { entries, metadata: parsed.data };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${path} has a header that is not JSON.`);
  }
}

function checkEntry(
  name: string,
  raw: unknown,
  dataStart: number,
  fileSize: number,
  path: string,
): TensorEntry {
  const parsed = EntrySchema.safeParse(raw);
  if (!parsed.success) throw new Error(`${path} describes tensor ${name} in a way that cannot be read.`);
  const { dtype, shape, data_offsets: offsets } = parsed.data;
  const [start, end] = [dataStart + offsets[0], dataStart + offsets[1]];
  if (end < start || end > fileSize) {
    throw new Error(
      `${path} is cut short: tensor ${name} should end at byte ${end}, but the file has ${fileSize}.`,
    );
  }
  const bytes = bytesPerValue(dtype);
  if (bytes !== undefined) {
    const expected = sizeOf(shape) * bytes;
    if (end - start !== expected) {
      throw new Error(
        `${path}: tensor ${name} of shape [${shape.join(', ')}] and type ${dtype} needs ${expected} bytes, not ${end - start}.`,
      );
    }
  }
  return { dtype, shape, start, end };
}

/** The tensors must fill the file without overlap or gap, as the format asks. */
function checkLayout(
  entries: ReadonlyMap<string, TensorEntry>,
  dataStart: number,
  fileSize: number,
  path: string,
): void {
  let expectedStart = dataStart;
  for (const [name, { start, end }] of [...entries].sort(
    (a, b) => a[1].start - b[1].start || a[1].end - b[1].end,
  )) {
    if (start !== expectedStart) {
      throw new Error(`${path}: tensor ${name} starts at byte ${start}, not ${expectedStart}.`);
    }
    expectedStart = end;
  }
  if (expectedStart !== fileSize) {
    throw new Error(`${path} has ${fileSize - expectedStart} bytes after its last tensor.`);
  }
}

/** Reads the named tensors as float32. Every name must be in the header. */
export async function readSafetensors(
  path: string,
  header: Pick<SafetensorsHeader, 'entries'>,
  names: Iterable<string>,
): Promise<Map<string, HostTensor>> {
  const file = await open(path, 'r');
  try {
    const tensors = new Map<string, HostTensor>();
    for (const name of names) {
      const entry = header.entries.get(name);
      if (entry === undefined) throw new Error(`${path} has no tensor ${name}.`);
      tensors.set(name, { shape: entry.shape, values: await readFloats(file, name, entry, path) });
    }
    return tensors;
  } finally {
    await file.close();
  }
}

async function readFloats(
  file: FileHandle,
  name: string,
  { dtype, shape, start, end }: TensorEntry,
  path: string,
): Promise<Float32Array> {
  if (!isFloatDtype(dtype)) {
    throw new Error(`${path}: tensor ${name} has type ${dtype}; floating point is needed.`);
  }
  const values = new Float32Array(sizeOf(shape));
  let at = 0;
  for (let position = start; position < end; position += CHUNK_BYTES) {
    const bytes = await readExactly(file, position, Math.min(CHUNK_BYTES, end - position), path);
    decodeFloats(bytes, dtype, values, at);
    at += bytes.length / (bytesPerValue(dtype) ?? 1);
  }
  return values;
}

async function readExactly(
  file: FileHandle,
  position: number,
  length: number,
  path: string,
): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) throw new Error(`${path} ended while it was read.`);
    filled += bytesRead;
  }
  return buffer;
}

type Tensors = ReadonlyMap<string, HostTensor>;
type Metadata = Readonly<Record<string, string>>;

/**
 * The bytes of a safetensors file. Tensors are ordered by name and the header is padded with spaces to 8 bytes, as
 * the reference implementation does, so equal weights give equal files.
 */
export function encodeSafetensors(tensors: Tensors, metadata?: Metadata): Buffer {
  return Buffer.concat([...safetensorsParts(tensors, metadata)]);
}

/** The same bytes into a new file, without a second copy of the tensors. */
export async function writeSafetensors(path: string, tensors: Tensors, metadata?: Metadata): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (const part of safetensorsParts(tensors, metadata)) await file.writeFile(part);
  } finally {
    await file.close();
  }
}

/** The header, then the bytes of each tensor as they lie in memory. */
function* safetensorsParts(tensors: Tensors, metadata: Metadata = { format: 'pt' }): Generator<Buffer> {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, values }] of sorted) {
    if (values.length !== sizeOf(shape)) {
      throw new Error(
        `Tensor ${name} has ${values.length} values, which is not shape [${shape.join(', ')}].`,
      );
    }
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.length * 4] };
    offset += values.length * 4;
  }
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const start = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, 0x20);
  start.writeBigUInt64LE(BigInt(start.length - 8), 0);
  json.copy(start, 8);
  yield start;
  for (const [, { values }] of sorted) yield Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
