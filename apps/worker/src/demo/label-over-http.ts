import { ClaimAnswer, type JudgementBody, type LeasedTask } from '@rankloop/contracts';
import { renderPrompt } from '@rankloop/core';
import { simulateRanking } from '@rankloop/demo';
import type { SyntheticLabeler } from './synthetic-labelers.ts';

export interface LabelOptions {
  apiOrigin: string;
  projectId: string;
  labeler: SyntheticLabeler;
  signal: AbortSignal;
}

/** One task as a person would do it: claim, judge, submit. False: nothing is left for this labeler. */
export async function labelOneTask(options: LabelOptions): Promise<boolean> {
  const { projectId, labeler } = options;
  const { task } = ClaimAnswer.parse(await call(options, 'POST', `/projects/${projectId}/claim`, {}));
  if (!task) return false;
  const path = `/projects/${projectId}/leases/${task.leaseId}/judgement`;
  await call(options, 'PUT', path, judge(task, labeler.seed));
  return true;
}

function judge(task: LeasedTask, labelerSeed: number): JudgementBody {
  const activeMs = 4000 + ((labelerSeed * 7919 + task.outputs.length * 104_729) % 9000);
  if (!task.form.ranking) return { outcome: 'skipped', skipReason: 'no_expertise', activeMs };
  const outputs = task.outputs.map(({ text }) => text);
  const ranking = simulateRanking({ prompt: renderPrompt(task.conversation), outputs, labelerSeed });
  if (ranking.outcome !== 'ok') return { ...ranking, activeMs };
  const ranks = Object.fromEntries(task.outputs.map(({ id }, i) => [id, ranking.ranks[i] ?? null]));
  return { outcome: 'ok', ranks, activeMs };
}

async function call(
  { apiOrigin, labeler, signal }: LabelOptions,
  method: 'POST' | 'PUT',
  path: string,
  body: unknown,
): Promise<unknown> {
  const response = await fetch(new URL(`/api/v1${path}`, apiOrigin), {
    method,
    headers: { authorization: `Bearer ${labeler.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
  if (!response.ok) {
    const detail = (await response.text()).slice(0, 300);
    throw new Error(`The API answered ${response.status} to a synthetic labeler: ${detail}`);
  }
  return response.json();
}
