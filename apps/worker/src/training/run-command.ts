import {
  drawBestOfN,
  generateText,
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
  type Progress,
  type RunPpoOptions,
} from '@rankloop/rl';
import type { TrainingCommand } from './commands.ts';
import { takeModel } from './model-shelf.ts';

export interface CommandHooks {
  onMetrics: OnMetrics;
  onSamples: NonNullable<RunPpoOptions['onSamples']>;
  onText: (text: string, tokens: number) => void;
  /** For recipes that can go on after a kill. */
  progress?: Progress | undefined;
}

/** One command of the worker, done by the learning part. The result is parsed on the other side. */
export async function runCommand(command: TrainingCommand, hooks: CommandHooks): Promise<unknown> {
  const { onMetrics, onText, progress } = hooks;
  switch (command.kind) {
    case 'sft':
      return trainSft({ ...command, onMetrics, progress });
    case 'reward':
      return trainRewardModel({ ...command, onMetrics, progress });
    case 'ppo':
      return runPpo({ ...command, ...hooks });
    case 'reinforce':
      return runReinforce({ ...command, ...hooks });
    case 'dpo':
      return trainDpo({ ...command, onMetrics, progress });
    case 'kto':
      return trainKto({ ...command, onMetrics, progress });
    case 'rso':
      return runRso({ ...command, onMetrics, progress });
    case 'raft':
      return runRaft({ ...command, onMetrics, progress });
    case 'rest':
      return runRest({ ...command, onMetrics, progress });
    case 'best-of-n':
      return runBestOfN({ ...command, onMetrics, progress });
    case 'online':
      return trainOnline({ ...command, onMetrics, progress });
    case 'sample':
      return sampleFromFolder(command);
    case 'draw-best':
      return drawBestOfN(command);
    case 'generate':
      return generateText(await takeModel(command.modelDir), { ...command, onText });
    case 'score':
      return scoreWithRewardModel(command);
  }
}
