// Where an ensemble lies in its folder: the first member is the folder's own model, every further one has a file.
//
// The folder stays flat, and a reader that knows nothing of ensembles finds a complete single model in it.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  encodeSafetensors,
  readSafetensors,
  readSafetensorsHeader,
  type HostTensor,
} from '../../weights/safetensors.ts';

/** `member` counts from 2. */
function memberPath(dir: string, member: number): string {
  return join(dir, `ensemble-${member}.safetensors`);
}

export async function writeMember(
  dir: string,
  member: number,
  tensors: ReadonlyMap<string, HostTensor>,
): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeFile(memberPath(dir, member), encodeSafetensors(tensors));
}

/** @throws Error naming the file that is missing or cannot be read */
export async function readMember(dir: string, member: number): Promise<Map<string, HostTensor>> {
  const path = memberPath(dir, member);
  const header = await readSafetensorsHeader(path);
  return readSafetensors(path, header, header.entries.keys());
}
