import { CausalLm, type PreferenceExample, Random, writeModelFolder } from '@rankloop/rl';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { characterTokenizer } from '../char-gpt/windows.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const PROMPT_LENGTH = 16;
const OUTPUT_LENGTH = 47;
const SIZES = { vocabSize: 300, nPositions: 64, nEmbd: 128, nLayer: 4, nHead: 4 };

/** A model of 0.8 million random weights that reads letters, in a folder of its own. */
export async function writeSmallBase(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'rankloop-kway-'));
  const config = { modelType: 'gpt2', layerNormEpsilon: 1e-5, eosTokenId: 299, ...SIZES } as const;
  const model = CausalLm.random(config, 1);
  const tokenizerJson = characterTokenizer(LETTERS).json;
  await writeModelFolder(dir, { config, tensors: model.hostTensors(), tokenizerJson });
  model.dispose();
  return dir;
}

/** Tasks of K random outputs of one length, each ranked once and without ties. */
export function rankedTasks(count: number, k: number): PreferenceExample[] {
  const random = new Random(1);
  const text = (length: number) =>
    Array.from({ length }, () => LETTERS.charAt(random.below(LETTERS.length))).join('');
  return Array.from({ length: count }, (_, task) => ({
    promptId: `prompt-${task}`,
    promptText: text(PROMPT_LENGTH),
    completions: Array.from({ length: k }, () => text(OUTPUT_LENGTH)),
    judgements: [{ id: `judgement-${task}`, ranks: Array.from({ length: k }, (__, i) => i + 1), weight: 1 }],
  }));
}

/** The same judgements as one task of two outputs for each pair. */
export function splitIntoPairs(tasks: readonly PreferenceExample[]): PreferenceExample[] {
  return tasks.flatMap(({ completions, ...task }) =>
    completions.flatMap((better, i) =>
      completions.slice(i + 1).map((worse, j) => ({
        ...task,
        completions: [better, worse],
        judgements: [{ id: `${task.promptId}-${i}-${i + 1 + j}`, ranks: [1, 2], weight: 1 }],
      })),
    ),
  );
}
