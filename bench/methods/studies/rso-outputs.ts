// Why RSO is not first here as it is in Liu et al. (2024): too few candidates to choose from, or too few pairs? Both take
// outputs, of which every method of the comparison has the same few; here RSO may draw four times as many.

import { runRso } from '@rankloop/rl';
import path from 'node:path';
import { z } from 'zod';
import { notesFor } from '../base.ts';
import { collectLabels } from '../labels.ts';
import { measureBase, measurePolicy } from '../measure.ts';
import { rsoSettings } from '../methods.ts';
import { rewardConfigOf } from '../scene.ts';
import type { Size } from '../sizes.ts';
import { overSeeds } from '../statistics.ts';
import { isTiny, type Study } from './study.ts';
import { trainReward, withWorkplace } from './workplace.ts';

const VARIANTS = ['as compared', 'candidates', 'pairs'] as const;
type Variant = (typeof VARIANTS)[number];
const MORE = 4;

/** `candidates`: as many pairs, of texts chosen among four times as many; `pairs`: of all prompts, nearly four times as many. */
function settingsOf(variant: Variant, size: Size) {
  const usual = rsoSettings('rso-sample-rank')(size);
  switch (variant) {
    case 'as compared':
      return usual;
    case 'candidates':
      // The paper's own: 8 of 64 at a temperature of the acceptance that leaves about so many.
      return isTiny(size) ? usual : { ...usual, candidates: MORE * usual.candidates, acceptanceBeta: 0.5 };
    case 'pairs':
      return { ...usual, prompts: MORE * usual.prompts };
  }
}

const Answer = z.record(
  z.enum(VARIANTS),
  z.object({ goldWin: z.number(), proxyWin: z.number(), kl: z.number() }),
);
type Answer = z.infer<typeof Answer>;

export const rsoOutputs: Study<Answer> = {
  name: 'rso-outputs',
  settings: (size) => ({
    labels: size.labels,
    reward: rewardConfigOf(size),
    evaluation: size.evaluation,
    rso: VARIANTS.map((variant) => settingsOf(variant, size)),
  }),
  answer: Answer,
  run: async (run) =>
    withWorkplace(run, 'style', async (workplace) => {
      const { size } = run;
      const { world, seed, dir, baseDir, sampling } = workplace;
      const labels = collectLabels({ world, seed, count: size.labels, arm: 'true' });
      const { rewardDir } = await trainReward(workplace, 'reward', labels, rewardConfigOf(size));
      const measured = {
        world,
        seed,
        size,
        sampling,
        baseDir,
        notes: notesFor(world, size.notes, seed),
        rewardDir: { true: rewardDir, twin: rewardDir },
      };
      const base = await measureBase(measured);
      const learn = async (variant: Variant) => {
        const outDir = path.join(dir, `policy-${VARIANTS.indexOf(variant)}`);
        await runRso({
          policyDir: baseDir,
          outDir,
          seed,
          prompts: world.prompts.training,
          rewards: [{ dir: rewardDir, weight: 1 }],
          heldOutPrompts: world.prompts.training.slice(0, 64),
          examples: labels,
          heldOut: labels.slice(0, 64),
          config: settingsOf(variant, size),
        });
        const { goldWin, proxyWin, kl } = await measurePolicy({ ...measured, base }, outDir);
        console.error(
          `style ${seed}  rso ${variant}: gold win ${goldWin.toFixed(1)} %, proxy win ${proxyWin.toFixed(1)} %, KL ${kl.toFixed(2)}`,
        );
        return { goldWin, proxyWin, kl };
      };
      return {
        'as compared': await learn('as compared'),
        candidates: await learn('candidates'),
        pairs: await learn('pairs'),
      };
    }),
  report: (answers, report) => {
    for (const variant of VARIANTS) {
      const own = answers.map((answer) => answer[variant]);
      const add = (figure: string, unit: string, values: readonly number[]) => {
        const { mean: value, low, high } = overSeeds(values);
        const interval = `(95 %: ${low.toFixed(1)} .. ${high.toFixed(1)})`;
        report.add({ figure: `${variant}: ${figure} ${interval}`, unit, value });
      };
      add(
        'gold win rate over the base',
        '%',
        own.map(({ goldWin }) => goldWin),
      );
      add(
        'KL from the base',
        'nats',
        own.map(({ kl }) => kl),
      );
      if (variant === 'as compared') continue;
      add(
        'gold win rate less that of the comparison',
        'points',
        answers.map((answer) => answer[variant].goldWin - answer['as compared'].goldWin),
      );
    }
  },
};
