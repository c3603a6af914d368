import { PlaygroundBody, PlaygroundOutput, type PlaygroundRun } from '@rankloop/contracts';
import type { Prisma, SideRun } from '@rankloop/db';
import { z } from 'zod';
import { viewSideRun } from '../side-runs/side-run-view.ts';

/** As a side run of this kind keeps them. */
export const PlaygroundRequest = PlaygroundBody;
const PlaygroundResult = z.object({ outputs: z.array(PlaygroundOutput).default([]) });

export async function viewPlaygroundRun(
  reader: Pick<Prisma.TransactionClient, 'sideRun'>,
  run: SideRun,
): Promise<PlaygroundRun> {
  const { outputs } = PlaygroundResult.parse(run.result);
  return { ...(await viewSideRun(reader, run)), outputs };
}
