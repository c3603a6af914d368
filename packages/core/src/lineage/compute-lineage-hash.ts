import type { Checkpoint, Prisma } from '@rankloop/db';
import type { LineageGraph } from './lineage-graph.ts';
import { hashOrigin, linkOf } from './lineage-hash.ts';

type Reader = Pick<Prisma.TransactionClient, 'checkpoint' | 'round'>;

/** The lineage hash of a round's checkpoint from the rows as they are now; null for one from outside. */
export async function computeLineageHash(
  reader: Reader,
  graph: LineageGraph,
  checkpoint: Pick<Checkpoint, 'id' | 'kind' | 'stage' | 'manifestHash' | 'roundId'>,
): Promise<string | null> {
  if (checkpoint.roundId === null) return null;
  const round = await reader.round.findUnique({
    where: { id: checkpoint.roundId },
    select: { config: true, snapshot: { select: { hash: true } } },
  });
  if (!round) return null;
  const sources = await reader.checkpoint.findMany({
    where: { id: { in: graph.sourcesOf(checkpoint.id) } },
    select: { manifestHash: true, lineageHash: true },
  });
  const { kind, stage, manifestHash } = checkpoint;
  return hashOrigin({
    kind,
    stage,
    manifestHash,
    config: round.config,
    snapshotHash: round.snapshot?.hash ?? null,
    sources: sources.map(linkOf),
  });
}
