import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Under the data directory. */
export const STORE = 'corpora';

export interface StoredCorpus {
  /** Relative to the data directory, as the row keeps it. */
  file: string;
  hash: string;
  bytes: number;
}

/** Writes texts as JSON Lines, named by their content: the same texts are there once. The name appears when all is. */
export async function storeCorpus(dataDir: string, texts: readonly string[]): Promise<StoredCorpus> {
  const content = Buffer.from(texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  const hash = createHash('sha256').update(content).digest('hex');
  const file = `${STORE}/${hash}.jsonl`;
  const unfinished = join(dataDir, STORE, `${randomUUID()}.unfinished`);
  await mkdir(join(dataDir, STORE), { recursive: true });
  try {
    const handle = await open(unfinished, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, join(dataDir, file));
  } finally {
    await rm(unfinished, { force: true });
  }
  return { file, hash, bytes: content.length };
}

/**
 * The texts of a stored corpus.
 *
 * @throws Error when the file is gone or not what was written
 */
export async function readCorpusTexts(
  dataDir: string,
  corpus: { path: string; hash: string },
): Promise<string[]> {
  const content = await readFile(join(dataDir, corpus.path)).catch((cause: unknown) => {
    throw new Error(`The corpus ${corpus.path} cannot be read. Add it again with "corpus add".`, { cause });
  });
  if (createHash('sha256').update(content).digest('hex') !== corpus.hash)
    throw new Error(`The corpus ${corpus.path} is not what was written. Add it again with "corpus add".`);
  return content
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { text } = JSON.parse(line) as { text: string };
      return text;
    });
}
