import { CausalLm, Random, sampleCompletions } from '@rankloop/rl';
import { GENERATION } from '../shapes.ts';

/** Threads that help are started by the first batch, in the background. */
const WARM_UP_MS = 3_000;

/** New tokens per second of each batch, at temperature 1 from the whole vocabulary, log-probabilities included. */
export async function measureGeneration(batches: number): Promise<number[]> {
  const { layers, heads, width, vocabulary, batch, prompt, output } = GENERATION;
  const model = CausalLm.random(
    {
      modelType: 'gpt2',
      nLayer: layers,
      nHead: heads,
      nEmbd: width,
      nPositions: prompt + output,
      vocabSize: vocabulary,
      layerNormEpsilon: 1e-5,
    },
    1,
  );
  const random = new Random(1);
  const speeds: number[] = [];
  const warm = performance.now() + WARM_UP_MS;
  for (let i = 0; speeds.length < batches; i++) {
    const promptIds = Array.from({ length: batch }, () =>
      Array.from({ length: prompt }, () => random.below(vocabulary)),
    );
    const started = performance.now();
    await sampleCompletions({ model, promptIds, maxNewTokens: output, temperature: 1, seed: i });
    if (started > warm) speeds.push((1000 * batch * output) / (performance.now() - started));
  }
  model.dispose();
  return speeds;
}
