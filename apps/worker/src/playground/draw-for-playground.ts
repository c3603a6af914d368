import type { PlaygroundBody, PlaygroundOutput } from '@rankloop/contracts';
import { keepSideRunResult, PlaygroundRequest, renderPrompt } from '@rankloop/core';
import type { PrismaClient } from '@rankloop/db';
import { findCheckpointFolder } from '../side-runs/checkpoint-folder.ts';
import type { SideRunWork } from '../side-runs/work-on-side-run.ts';
import { GenerateResult, ScoreResult } from '../training/messages.ts';
import type { TrainingProcess } from '../training/training-process.ts';
import { NewestWriter } from './newest-writer.ts';

interface DrawOptions extends SideRunWork {
  prisma: PrismaClient;
  dataDir: string;
  training: TrainingProcess;
}

/** One policy after the other answers, each from the same seed; then what they said is scored. */
export async function drawForPlayground(options: DrawOptions): Promise<void> {
  const { prisma, dataDir, run, hold, signal, training } = options;
  const request = PlaygroundRequest.parse(run.request);
  const prompt = promptOf(request);
  const outputs: PlaygroundOutput[] = [];
  const total = request.checkpointIds.length;
  const keep = (done: number) => keepSideRunResult(prisma, hold, { result: { outputs }, done, total });

  for (const [place, checkpointId] of request.checkpointIds.entries()) {
    signal.throwIfAborted();
    const modelDir = await findCheckpointFolder(prisma, { dataDir, checkpointId });
    const begun = { checkpointId, ...NOTHING_YET };
    const writer = new NewestWriter((output: PlaygroundOutput) => {
      outputs[place] = output;
      return keep(place);
    });
    writer.tell(begun);
    const { config, seed } = { config: request.sampling, seed: request.seed };
    const drawn = await training.run({ kind: 'generate', modelDir, prompt, config, seed }, GenerateResult, {
      onText: (text, tokens) => writer.tell({ ...begun, text, tokens }),
    });
    await writer.settle();
    outputs[place] = { ...begun, ...drawn };
    await keep(place + 1);
  }
  if (request.rewardCheckpointId === null) return;
  const checkpointId = request.rewardCheckpointId;
  const rewardDir = await findCheckpointFolder(prisma, { dataDir, checkpointId });
  const items = outputs.map(({ text }) => ({ prompt, completion: text }));
  const scores = await training.run({ kind: 'score', rewardDir, items }, ScoreResult);
  for (const [place, output] of outputs.entries()) {
    outputs[place] = { ...output, score: finiteOrNull(scores[place]) };
  }
  await keep(total);
}

const NOTHING_YET = {
  text: '',
  tokens: 0,
  finished: null,
  isPromptCut: false,
  score: null,
  seconds: null,
};

const promptOf = ({ conversation }: PlaygroundBody) => ({ text: renderPrompt(conversation), conversation });

/** A JSON column holds no NaN. */
const finiteOrNull = (value: number | undefined) =>
  value !== undefined && Number.isFinite(value) ? value : null;
