import type { Prisma } from '@rankloop/db';

/** An output that a checkpoint of ours drew, as it was drawn. */
export interface DrawnOutput {
  id: string;
  checkpointId: string | null;
  tokenIds: number[];
  /** Per token, nats, under the sampling distribution. */
  logProbs: number[];
  /** temperature, topK, topP, maxNewTokens; as stored. */
  sampling: unknown;
  finishReason: string | null;
}

const IDS_PER_QUERY = 1000;

type CompletionReader = Pick<Prisma.TransactionClient, 'completion'>;

/** Those of the outputs whose tokens and log-probabilities were stored when they were drawn. */
export async function findDrawnOutputs(
  reader: CompletionReader,
  completionIds: readonly string[],
): Promise<Map<string, DrawnOutput>> {
  const drawn = new Map<string, DrawnOutput>();
  for (let start = 0; start < completionIds.length; start += IDS_PER_QUERY) {
    const rows = await reader.completion.findMany({
      where: wasDrawn(completionIds.slice(start, start + IDS_PER_QUERY)),
      select: {
        id: true,
        checkpointId: true,
        tokenIds: true,
        logProbs: true,
        sampling: true,
        finishReason: true,
      },
    });
    for (const row of rows) drawn.set(row.id, row);
  }
  return drawn;
}

export async function countDrawnOutputs(
  reader: CompletionReader,
  completionIds: readonly string[],
): Promise<number> {
  let count = 0;
  for (let start = 0; start < completionIds.length; start += IDS_PER_QUERY)
    count += await reader.completion.count({
      where: wasDrawn(completionIds.slice(start, start + IDS_PER_QUERY)),
    });
  return count;
}

function wasDrawn(ids: string[]): Prisma.CompletionWhereInput {
  return { id: { in: ids }, source: 'sampled', logProbs: { isEmpty: false } };
}
