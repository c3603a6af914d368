import type { RoundConfig } from '@rankloop/contracts';
import type { Fence, RoundPrompts } from '@rankloop/core';
import type { Checkpoint, PrismaClient, Round } from '@rankloop/db';
import type { TrainingProcess } from '../training/training-process.ts';
import type { RoundData } from './data/round-data.ts';
import type { GoldJudge } from './gold-judge.ts';

/** What every stage of a round works with. */
export interface RoundContext {
  prisma: PrismaClient;
  dataDir: string;
  round: Round;
  config: RoundConfig;
  fence: Fence;
  training: TrainingProcess;
  /** Aborted when the attempt should stop; stages look between their steps. */
  signal: AbortSignal;
  /** The policy that this round begins from. */
  before: Checkpoint;
  /** The first policy of its line. */
  base: Checkpoint;
  data: RoundData;
  prompts: RoundPrompts;
  /** At the least between two saves of a training on its way. */
  saveEveryMs?: number | undefined;
  /** Only in the demo, and only in this process. */
  judgeGold: GoldJudge | null;
}
