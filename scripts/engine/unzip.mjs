// Takes single files out of a wheel, which is a zip archive of up to a gigabyte, without reading the rest of it.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;
/** The end record is 22 bytes and a comment of at most 65,535. */
const TAIL_BYTES = 22 + 65_535;

/**
 * Writes the wanted entries of a zip archive.
 * @param {string} archive
 * @param {(name: string) => string | undefined} targetOf where an entry goes; undefined for one that is not wanted
 * @returns {Promise<number>} how many files were written
 * @throws {Error} when the archive is damaged or uses what wheels do not (encryption, 64-bit sizes)
 */
export async function unzip(archive, targetOf) {
  const file = await open(archive);
  try {
    let count = 0;
    for (const entry of await readDirectory(file, archive)) {
      const target = entry.name.endsWith('/') ? undefined : targetOf(entry.name);
      if (target === undefined) continue;
      await extract(file, archive, entry, target);
      count += 1;
    }
    return count;
  } finally {
    await file.close();
  }
}

async function readDirectory(file, archive) {
  const { size } = await file.stat();
  const tail = await readAt(file, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES));
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0) throw new Error(`${archive} is no zip archive, or was cut short.`);
  const [length, offset] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  const directory = await readAt(file, offset, length);
  const entries = [];
  for (let at = 0; at + 46 <= directory.length;) {
    if (directory.readUInt32LE(at) !== ENTRY) throw new Error(`The directory of ${archive} is damaged.`);
    const nameLength = directory.readUInt16LE(at + 28);
    entries.push({
      method: directory.readUInt16LE(at + 10),
      packedSize: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function extract(file, archive, { method, packedSize, size, offset, name }, target) {
  const header = await readAt(file, offset, 30);
  if (header.length < 30 || header.readUInt32LE(0) !== LOCAL_HEADER)
    throw new Error(`${name} in ${archive} is damaged.`);
  if (method !== STORED && method !== DEFLATED)
    throw new Error(`${name} in ${archive} is packed in an unknown way.`);
  const start = offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  await mkdir(path.dirname(target), { recursive: true });
  const output = createWriteStream(target);
  if (packedSize === 0) output.end();
  else {
    const packed = createReadStream(archive, { start, end: start + packedSize - 1 });
    await (method === DEFLATED ? pipeline(packed, createInflateRaw(), output) : pipeline(packed, output));
  }
  if (output.bytesWritten !== size) throw new Error(`${name} in ${archive} is damaged.`);
}

async function readAt(file, position, length) {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
