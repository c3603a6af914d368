import { AppError } from '@rankloop/contracts';
import type { Corpus, Prisma, PrismaClient } from '@rankloop/db';
import { recordAuditEvent, type Actor } from '../audit/record-audit-event.ts';
import { storeCorpus, type StoredCorpus } from './corpus-files.ts';

export interface AddCorpusOptions {
  prisma: PrismaClient;
  dataDir: string;
  actor: Actor;
  projectId: string;
  /** By which stages ask for it; unique in the project. */
  name: string;
  texts: readonly string[];
}

/**
 * Takes a text corpus into a project. The same texts under the same name again change nothing.
 *
 * @throws AppError `conflict` when the name stands for other texts
 */
export async function addCorpus(options: AddCorpusOptions): Promise<Corpus> {
  const { prisma, dataDir, actor, projectId, name, texts } = options;
  const stored = await storeCorpus(dataDir, texts);
  return prisma.$transaction(async (tx) => {
    const known = await tx.corpus.findUnique({ where: { projectId_name: { projectId, name } } });
    if (known?.hash === stored.hash) return known;
    if (known)
      throw new AppError('conflict', {
        detail: `The project has another corpus called ${name}. Choose a name with --name.`,
      });
    const corpus = await createCorpusIn(tx, { projectId, name, texts: texts.length, stored, actor });
    await recordAuditEvent(tx, actor, {
      action: 'corpus.added',
      projectId,
      subjectType: 'corpus',
      subjectId: corpus.id,
      detail: { name, texts: texts.length },
    });
    return corpus;
  });
}

/** For a caller that has its own transaction, and its own account of what it does. */
export async function createCorpusIn(
  tx: Prisma.TransactionClient,
  corpus: { projectId: string; name: string; texts: number; stored: StoredCorpus; actor: Actor },
): Promise<Corpus> {
  const { projectId, name, texts, stored, actor } = corpus;
  return tx.corpus.create({ data: { projectId, name, texts, ...stored, createdById: actor.userId } });
}
