import { worldNames } from '@rankloop/demo';
import { budgetAdvice } from './budget-advice.ts';
import { freshLabels } from './fresh-labels.ts';
import { helpfulHarmless } from './helpful-harmless.ts';
import { malicious } from './malicious.ts';
import { overOptimisation } from './over-optimisation.ts';
import { rewardAccuracyIn } from './reward-accuracy.ts';
import { rewardSize } from './reward-size.ts';
import { rsoOutputs } from './rso-outputs.ts';
import { runnable } from './runnable.ts';
import type { RunnableStudy } from './study.ts';
import { trainTest } from './train-test.ts';

export const STUDIES: readonly RunnableStudy[] = [
  ...worldNames.map((world) => runnable(rewardAccuracyIn(world))),
  runnable(overOptimisation),
  runnable(malicious),
  runnable(helpfulHarmless),
  runnable(trainTest),
  runnable(freshLabels),
  runnable(rewardSize),
  runnable(budgetAdvice),
  runnable(rsoOutputs),
];
