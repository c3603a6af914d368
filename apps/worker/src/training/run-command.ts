import {
  drawBestOfN,
  runBestOfN,
  runPpo,
  runRaft,
  runReinforce,
  runRest,
  runRso,
  sampleFromFolder,
  scoreWithRewardModel,
  trainDpo,
  trainKto,
  trainOnline,
  trainRewardModel,
  trainSft,
  type OnMetrics,
  type RunPpoOptions,
} from '@rankloop/rl';
import type { TrainingCommand } from './commands.ts';

export interface CommandHooks {
  onMetrics: OnMetrics;
  onSamples: NonNullable<RunPpoOptions['onSamples']>;
}

/** One command of the worker, done by the learning part. The result is parsed on the other side. */
export async function runCommand(command: TrainingCommand, hooks: CommandHooks): Promise<unknown> {
  const { onMetrics } = hooks;
  switch (command.kind) {
    case 'sft':
      return trainSft({ ...command, onMetrics });
    case 'reward':
      return trainRewardModel({ ...command, onMetrics });
    case 'ppo':
      return runPpo({ ...command, ...hooks });
    case 'reinforce':
      return runReinforce({ ...command, ...hooks });
    case 'dpo':
      return trainDpo({ ...command, onMetrics });
    case 'kto':
      return trainKto({ ...command, onMetrics });
    case 'rso':
      return runRso({ ...command, onMetrics });
    case 'raft':
      return runRaft({ ...command, onMetrics });
    case 'rest':
      return runRest({ ...command, onMetrics });
    case 'best-of-n':
      return runBestOfN({ ...command, onMetrics });
    case 'online':
      return trainOnline({ ...command, onMetrics });
    case 'sample':
      return sampleFromFolder(command);
    case 'draw-best':
      return drawBestOfN(command);
    case 'score':
      return scoreWithRewardModel(command);
  }
}
