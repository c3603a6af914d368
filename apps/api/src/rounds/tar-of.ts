import type { PackedFile } from '@rankloop/core';
import { Header } from 'tar';

const BLOCK = 512;
const END = Buffer.alloc(2 * BLOCK);

/** The length of `tarOf`, known before a byte is read. */
export function tarBytes(files: readonly PackedFile[]): number {
  return files.reduce((sum, { bytes }) => sum + BLOCK + bytes + paddingOf(bytes), END.length);
}

/** A tar archive of one folder, file by file as it is read; nothing is kept in memory. */
export async function* tarOf(
  folder: string,
  createdAt: Date,
  files: readonly PackedFile[],
): AsyncGenerator<Uint8Array> {
  for (const { name, bytes, read } of files) {
    const path = `${folder}/${name}`;
    const header = new Header({ path, size: bytes, mode: 0o644, mtime: createdAt, type: 'File' });
    header.encode();
    if (!header.block || header.needPax) throw new Error(`${path} is too long a name for an archive.`);
    yield header.block;
    yield* read();
    yield Buffer.alloc(paddingOf(bytes));
  }
  yield END;
}

function paddingOf(bytes: number): number {
  return (BLOCK - (bytes % BLOCK)) % BLOCK;
}
