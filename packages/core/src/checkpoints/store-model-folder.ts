import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newCheckpointFolder, storeCheckpoint, type StoredCheckpoint } from './checkpoint-files.ts';
import { findSize } from './refuse-folder.ts';
import { listWeightFiles } from './weight-files.ts';

const NEEDED = ['config.json', 'tokenizer.json'];
/** Special tokens and chat template, in the spellings of all versions, and what other tools look at. */
const KEPT = [
  'chat_template.jinja',
  'generation_config.json',
  'special_tokens_map.json',
  'tokenizer_config.json',
];

/** Copies a Hugging Face folder into the data directory, with a manifest; what else lies in it stays behind. */
export async function storeModelFolder(
  dataDir: string,
  source: string,
  label: string,
): Promise<StoredCheckpoint> {
  const folder = await newCheckpointFolder(dataDir);
  try {
    for (const file of [...NEEDED, ...(await listWeightFiles(source))])
      await copyFile(join(source, file), join(folder, file));
    for (const file of KEPT) {
      if ((await findSize(source, file)) !== null) await copyFile(join(source, file), join(folder, file));
    }
    return await storeCheckpoint(dataDir, folder, label);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
