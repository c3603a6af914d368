import type { RoundDetail, RoundReport } from '@rankloop/contracts';
import { HEARTBEAT_LIMIT_MS } from './reconcile-rounds.ts';

type HealthNote = RoundDetail['health'][number];

export interface RoundSigns {
  state: string;
  /** Milliseconds since the round was put in the queue or the worker last spoke. */
  silentMs: number;
  hasWorker: boolean;
  /** First and newest value of each metric of the last policy's stage, by name. */
  metrics: ReadonlyMap<string, { first: number; newest: number; steps: number }>;
  report: RoundReport;
  /** Null where the recipe knows no such limit. */
  divergenceKl: number | null;
}

const FAR_KL = 10;
/** Small ones are noise: the estimate is a mean over one batch. */
const NEGATIVE_KL = -1;
const WAITING_LIMIT_MS = 10_000;

/** What a researcher should look at, in words: only limits that were crossed. */
export function findHealthNotes(signs: RoundSigns): HealthNote[] {
  return [...findSignsOfLife(signs), ...findRewardNotes(signs.report), ...findPolicyNotes(signs)];
}

function findSignsOfLife({ state, silentMs, hasWorker }: RoundSigns): HealthNote[] {
  if (state === 'queued' && !hasWorker && silentMs > WAITING_LIMIT_MS) {
    return [{ level: 'warning', text: 'No worker is up. The round begins as soon as one is.' }];
  }
  if (state === 'running' && silentMs > HEARTBEAT_LIMIT_MS) {
    const seconds = Math.round(silentMs / 1000);
    return [
      { level: 'danger', text: `No sign of life for ${seconds} s. The round is started again by itself.` },
    ];
  }
  return [];
}

function findRewardNotes({ rewardAccuracy, rewardConfidence }: RoundReport): HealthNote[] {
  if (rewardConfidence === 0) {
    return [
      {
        level: 'warning',
        text: 'Held-out judgements do not show that the reward model knows more than chance, so the policy gets no score and stays as it is. More judgements on more prompts help.',
      },
    ];
  }
  if (!rewardAccuracy) return [];
  const { value, low, high } = rewardAccuracy;
  if (low > 0.5) return [];
  const share = `${percent(value)} (${percent(low)} to ${percent(high)})`;
  return [
    {
      level: 'warning',
      text: `The reward model agrees with held-out judgements in ${share}: not surely better than guessing. More judgements help.`,
    },
  ];
}

function findPolicyNotes(signs: RoundSigns): HealthNote[] {
  const { metrics } = signs;
  const newest = (name: string) => metrics.get(name)?.newest;
  const notes = [...findDistanceNotes(signs)];
  const warn = (text: string) => notes.push({ level: 'warning', text });
  const entropy = metrics.get('objective/entropy');
  if (entropy && entropy.first > 0 && entropy.newest < 0.3 * entropy.first)
    warn('Entropy fell below a third of its start: outputs are becoming alike.');
  const clipped = newest('policy/clipfrac_avg') ?? 0;
  if (clipped > 0.3)
    warn(`${percent(clipped)} of tokens hit the clip range; up to 20 % is usual. Lower the learning rate.`);
  const updateKl = newest('policy/approxkl_avg') ?? 0;
  if (updateKl > 0.05)
    warn(
      `One iteration moves the policy by ${updateKl.toFixed(2)} nats per token; 0.01 to 0.03 is usual. Lower the learning rate or make fewer passes.`,
    );
  const ratio = newest('val/ratio') ?? 1;
  if (Math.abs(ratio - 1) > 0.2)
    warn(
      `The mean probability ratio is ${ratio.toFixed(2)}. It should stay near 1 (TRL): the updates are too large.`,
    );
  const ended = metrics.get('val/num_eos_tokens');
  if (ended && ended.first > 0 && ended.newest < 0.5 * ended.first)
    warn(
      `Only ${ended.newest.toFixed(0)} outputs of the last batch ended by themselves, ${ended.first.toFixed(0)} at the start. Raise the penalty for not ending (TRL 1) or allow longer outputs.`,
    );
  const same = newest('frac_reward_zero_std') ?? 0;
  if (same > 0.8)
    warn(
      `For ${percent(same)} of prompts all outputs have one reward: they teach nothing. Draw more outputs.`,
    );
  const explained = metrics.get('explained_variance');
  if (explained && explained.steps >= 10 && explained.newest < 0) {
    notes.push({
      level: 'info',
      text: 'The critic foresees the reward worse than its mean would (explained variance below 0).',
    });
  }
  return notes;
}

/** Ziegler et al. (2019) and TRL steer to 6 nats; beyond some 10 the score and what people prefer tend to part. */
function findDistanceNotes({ metrics, divergenceKl }: RoundSigns): HealthNote[] {
  const { newest: kl, steps } = metrics.get('objective/kl') ?? { newest: 0, steps: 0 };
  if (divergenceKl !== null && kl > 0.8 * divergenceKl) {
    return [
      {
        level: 'danger',
        text: `KL is ${kl.toFixed(1)} nats after ${steps} steps; at ${divergenceKl} the round ends. Raise the KL coefficient.`,
      },
    ];
  }
  if (kl > FAR_KL) {
    return [
      {
        level: 'warning',
        text: `The policy is ${kl.toFixed(1)} nats from where it began after ${steps} steps; Ziegler 2019 and TRL aim at 6. Read the outputs: it may please the reward model only.`,
      },
    ];
  }
  if (kl < NEGATIVE_KL) {
    return [
      {
        level: 'warning',
        text: `KL is ${kl.toFixed(1)} nats. Clearly below 0 is a sign of a fault (TRL): outputs are drawn in another way than they are scored.`,
      },
    ];
  }
  return [];
}

const percent = (share: number) => `${Math.round(share * 100)} %`;
