// What malicious labelers cost, and how much of it weights give back that a person set who knows them.

import type { CrowdMember } from '@rankloop/demo';
import { z } from 'zod';
import { above, atMost, type Bar } from '../../lib/bar.ts';
import { collectLabels, usualCrowd, usualUtility } from '../labels.ts';
import { rewardConfigOf } from '../scene.ts';
import { overSeeds } from '../statistics.ts';
import { accuracyAgainstBayes } from './judge-accuracy.ts';
import type { Size } from '../sizes.ts';
import { isTiny, type Study } from './study.ts';
import { trainReward, withWorkplace } from './workplace.ts';

const scaleOf = (size: Size) => (isTiny(size) ? { labels: 48, pairs: 40 } : { labels: 1_000, pairs: 4_000 });
const MALICIOUS = 0.2;
/** Known from the truth: nothing for malicious people, half for the lazy, who do no more harm than noise. */
const weightOf = ({ character }: CrowdMember): number =>
  character === 'malicious' ? 0 : character === 'lazy' ? 0.5 : 1;

const Answer = z.object({
  none: z.number(),
  noneWeighted: z.number(),
  malicious: z.number(),
  maliciousWeighted: z.number(),
});
type Answer = z.infer<typeof Answer>;

export const malicious: Study<Answer> = {
  name: 'malicious',
  settings: (size) => ({ scale: scaleOf(size), MALICIOUS, reward: rewardConfigOf(size) }),
  answer: Answer,
  run: async (run) =>
    withWorkplace(run, 'style', async (workplace) => {
      const { world, seed } = workplace;
      const accuracyWith = async (maliciousShare: number, isWeighted: boolean) => {
        const name = `reward-${maliciousShare}-${isWeighted ? 'weighted' : 'plain'}`;
        const labels = collectLabels({
          world,
          seed,
          count: scaleOf(run.size).labels,
          arm: 'true',
          crowd: usualCrowd(world, { maliciousShare }),
          ...(isWeighted && { weightOf }),
        });
        const { rewardDir } = await trainReward(workplace, name, labels, rewardConfigOf(run.size));
        // Judged by a crowd without malice, whoever it learned from.
        const crowd = usualCrowd(world);
        const { pairs } = scaleOf(run.size);
        const options = { world, rewardDir, crowd, utility: usualUtility(world), pairs, seed };
        const { accuracy } = await accuracyAgainstBayes(options);
        console.error(`style ${seed}  ${name}: ${accuracy.toFixed(2)} %`);
        return accuracy;
      };
      return {
        none: await accuracyWith(0, false),
        noneWeighted: await accuracyWith(0, true),
        malicious: await accuracyWith(MALICIOUS, false),
        maliciousWeighted: await accuracyWith(MALICIOUS, true),
      };
    }),
  report: (answers, report) => {
    const lost = overSeeds(answers.map((one) => one.none - one.malicious));
    const halfGained = overSeeds(
      answers.map((one) => one.maliciousWeighted - one.malicious - 0.5 * (one.none - one.malicious)),
    );
    const cost = overSeeds(answers.map((one) => one.none - one.noneWeighted));
    const add = (figure: string, value: number, bar?: Bar) => {
      report.add({ figure, unit: 'points of accuracy', value, ...(bar && { bar }) });
    };
    add('lost to 20 % malicious labelers, mean', lost.mean);
    add('lost to 20 % malicious labelers, lower 95 % bound', lost.low);
    add(
      'given back by weights, mean',
      overSeeds(answers.map((one) => one.maliciousWeighted - one.malicious)).mean,
    );
    add('given back beyond half of what was lost, lower 95 % bound', halfGained.low, above(0));
    add('cost of the weights at 0 %, mean', cost.mean, atMost(0.3));
    add('cost of the weights at 0 %, upper 95 % bound', cost.high);
  },
};
