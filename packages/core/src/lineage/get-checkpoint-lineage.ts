import { LINEAGE_ROWS, type CheckpointLineage } from '@rankloop/contracts';
import { readLineageGraph } from './lineage-graph.ts';
import { readChildren } from './lineage-rows.ts';
import { pageOfLabelers } from './list-lineage-labelers.ts';
import { pageOfSteps } from './list-lineage-steps.ts';
import { requireCheckpoint, type CheckpointLineageOptions } from './require-checkpoint.ts';

/**
 * What a checkpoint comes from: stages, data, leases, people under their pseudonyms. Of long lists the beginning.
 *
 * @throws AppError `not_found`
 */
export async function getCheckpointLineage(
  options: CheckpointLineageOptions & { limit?: number },
): Promise<CheckpointLineage> {
  const { prisma, projectId, checkpointId, limit = LINEAGE_ROWS } = options;
  await requireCheckpoint(options);
  const graph = await readLineageGraph(prisma, projectId);
  const [steps, madeOfIt, labelers] = await Promise.all([
    pageOfSteps(graph, { ...options, limit }),
    readChildren(prisma, graph, checkpointId, limit),
    pageOfLabelers(graph, { ...options, limit }),
  ]);
  return { steps, ...madeOfIt, labelers };
}
