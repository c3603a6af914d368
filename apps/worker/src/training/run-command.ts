import {
  runPpo,
  sampleFromFolder,
  scoreWithRewardModel,
  trainRewardModel,
  type OnMetrics,
  type RunPpoOptions,
} from '@rankloop/rl';
import type { TrainingCommand } from './messages.ts';

export interface CommandHooks {
  onMetrics: OnMetrics;
  onSamples: NonNullable<RunPpoOptions['onSamples']>;
}

/** One command of the worker, done by the learning part. The result is parsed on the other side. */
export async function runCommand(command: TrainingCommand, hooks: CommandHooks): Promise<unknown> {
  switch (command.kind) {
    case 'reward':
      return trainRewardModel({ ...command, onMetrics: hooks.onMetrics });
    case 'ppo':
      return runPpo({ ...command, ...hooks });
    case 'sample':
      return sampleFromFolder(command);
    case 'score':
      return scoreWithRewardModel(command);
  }
}
