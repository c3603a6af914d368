import { copyFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { newCheckpointFolder, storeCheckpoint, type StoredCheckpoint } from './checkpoint-files.ts';

const NEEDED = ['config.json', 'model.safetensors', 'tokenizer.json'];
/** Only for other tools that open the folder. */
const KEPT = ['generation_config.json', 'special_tokens_map.json', 'tokenizer_config.json'];

/** Copies a Hugging Face folder into the data directory, with a manifest; what else lies in it stays behind. */
export async function storeModelFolder(
  dataDir: string,
  source: string,
  label: string,
): Promise<StoredCheckpoint> {
  const folder = await newCheckpointFolder(dataDir);
  try {
    for (const file of [...NEEDED, ...KEPT]) {
      const path = join(source, file);
      if (NEEDED.includes(file) || (await isThere(path))) await copyFile(path, join(folder, file));
    }
    return await storeCheckpoint(dataDir, folder, label);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
