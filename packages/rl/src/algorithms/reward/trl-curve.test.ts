import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pairsOfRanks } from '../../data/pairs.ts';
import { AdamW } from '../../engine/optimizer.ts';
import { useEngine } from '../../engine/use-engine.ts';
import { CausalLm } from '../../models/causal-lm.ts';
import { ScalarHead } from '../../models/scalar-head.ts';
import { trlCurves } from '../../testing/golden.ts';
import { parityEngines } from '../../testing/test-engines.ts';
import { tinyTokenizer } from '../../testing/tiny-world.ts';
import '../../testing/to-be-all-close.ts';
import { RewardModel } from '../reward-model.ts';
import { RewardTraining } from './reward-step.ts';

/** 0.8 million random weights and five steps of TRL's own trainer on them; not part of the repository. */
const PARITY = join(import.meta.dirname, '../../../../../../shared/parity');

const run = trlCurves['rm:tiny-gpt2-rm:clip1.0'];
const { chosen_ids: chosen, rejected_ids: rejected } = run.tokenized;
const D = trlCurves.rm_score_weight.length;

async function startModel(): Promise<RewardModel> {
  const trunk = await CausalLm.fromFolder(join(PARITY, 'tiny-gpt2'));
  const weight = { shape: [1, D], values: Float32Array.from(trlCurves.rm_score_weight) };
  return new RewardModel(
    trunk,
    new ScalarHead('score', new Map([['score.weight', weight]]), D),
    tinyTokenizer,
  );
}

describe.skipIf(!existsSync(join(PARITY, 'tiny-gpt2')))("five steps of TRL's reward trainer", () => {
  it.each(parityEngines)(
    'are reproduced on %s: loss, gradient norm, scores before each step and weights after the last',
    { timeout: 300_000 },
    async (engine) => {
      expect((await useEngine({ prefer: engine })).name).toBe(engine);
      const model = await startModel();
      const optimizer = new AdamW(model.params, { maxGradNorm: run.max_grad_norm });
      const training = new RewardTraining(model, optimizer);
      const batch = chosen.map((ids, i) => ({
        promptText: String(i),
        rows: [ids, rejected[i] ?? []],
        judgements: [{ pairs: pairsOfRanks([1, 2]), weight: 1, margin: 0 }],
      }));
      const rows = batch.flatMap((prompt) => prompt.rows);
      expect(run.log.length).toBe(5);
      for (const expected of run.log) {
        // Another step of the program, which has to see what the last update left.
        const scores = await model.scoreRows(rows);
        const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
        expect([Math.min(...scores), mean, Math.max(...scores)]).toBeAllClose(
          [expected.min_reward, expected.mean_reward, expected.max_reward],
          { atol: 1e-4 },
        );
        const got = training.step(batch, run.lr);
        expect(got.loss).toBeAllClose(expected.loss, { atol: 1e-5, rtol: 0 });
        expect(got.grad_norm).toBeAllClose(expected.grad_norm, { atol: 0, rtol: 1e-3 });
        expect([got.accuracy, got.margin_mean]).toBeAllClose([expected.accuracy, expected.margin], {
          rtol: 1e-4,
        });
      }
      const { 'transformer.ln_f.weight[:4]': norm, 'score.weight[0,:4]': head } = run.final_params;
      const row = run.final_params['transformer.wte.weight[36,:4]'];
      const first4 = (name: string, from = 0) =>
        model.trunk
          .param(name)
          .dataSync()
          .slice(from, from + 4);
      expect(first4('transformer.ln_f.weight')).toBeAllClose(norm, { atol: 2e-6 });
      expect(first4('transformer.wte.weight', 36 * D)).toBeAllClose(row, { atol: 2e-6 });
      expect(model.head.weight.dataSync().slice(0, 4)).toBeAllClose(head, { atol: 2e-6 });
      optimizer.dispose();
      model.dispose();
    },
  );
});
