import type { Corpus, Prisma } from '@rankloop/db';

export interface FoundCorpus {
  name: string;
  /** Of its file, relative to the data directory. */
  path: string;
  hash: string;
  /** How many. */
  texts: number;
}

type Reader = Pick<Prisma.TransactionClient, 'corpus'>;

/** A project's corpus by its name, or the newest; null when there is none. */
export async function findCorpus(
  reader: Reader,
  { projectId, name }: { projectId: string; name?: string | undefined },
): Promise<FoundCorpus | null> {
  const corpus = await reader.corpus.findFirst({
    where: { projectId, ...(name !== undefined && { name }) },
    orderBy: { createdAt: 'desc' },
  });
  return corpus && { name: corpus.name, path: corpus.file, hash: corpus.hash, texts: corpus.texts };
}

/** Newest first. */
export async function listCorpora(reader: Reader, projectId: string): Promise<Corpus[]> {
  return reader.corpus.findMany({ where: { projectId }, orderBy: { createdAt: 'desc' } });
}
