import { PlaygroundBody, SamplingConfig, type CheckpointRow } from '@rankloop/contracts';

/** What stands in the form; a number field holds text while somebody types. */
export interface PlaygroundDraft {
  prompt: string;
  left: string | null;
  right: string | null;
  reward: string | null;
  temperature: number | string;
  topK: number | string;
  topP: number | string;
  maxNewTokens: number | string;
  seed: number | string;
}

/**
 * The policy in use beside the first one, so that a reader sees at once what rounds have changed.
 *
 * @param asked the policy that the address names
 */
export function startDraft(policies: readonly CheckpointRow[], asked: string | null): PlaygroundDraft {
  const inUse = policies.find(({ isCurrent }) => isCurrent);
  const first = policies.at(-1);
  const named = policies.find(({ id }) => id === asked);
  const left = named ?? first ?? null;
  const right = inUse && inUse.id !== left?.id ? inUse : null;
  const { temperature, topK, topP, maxNewTokens } = SamplingConfig.parse({});
  return {
    prompt: '',
    left: left?.id ?? null,
    right: right?.id ?? null,
    reward: null,
    temperature,
    topK,
    topP,
    maxNewTokens,
    seed: 1,
  };
}

type Read = { body: PlaygroundBody; problem: null } | { body: null; problem: string };

/** What is sent, or the first thing that is wrong with it, in words. */
export function readDraft(draft: PlaygroundDraft): Read {
  if (draft.prompt.trim() === '') return { body: null, problem: 'Write a prompt.' };
  if (draft.left === null) return { body: null, problem: 'Choose a policy.' };
  const { temperature, topK, topP, maxNewTokens } = draft;
  const parsed = PlaygroundBody.safeParse({
    conversation: [{ role: 'user', content: draft.prompt }],
    checkpointIds: [draft.left, ...(draft.right === null ? [] : [draft.right])],
    rewardCheckpointId: draft.reward,
    sampling: { temperature, topK, topP, maxNewTokens },
    seed: draft.seed,
  });
  if (parsed.success) return { body: parsed.data, problem: null };
  const [issue] = parsed.error.issues;
  const field = String(issue?.path.at(-1) ?? '');
  const label = FIELD_LABELS[field];
  return {
    body: null,
    problem: `${label === undefined ? '' : `${label}: `}${issue?.message ?? 'Not valid.'}`,
  };
}

export const FIELD_LABELS: Readonly<Record<string, string>> = {
  temperature: 'Temperature',
  topK: 'Top k',
  topP: 'Top p',
  maxNewTokens: 'Longest output',
  seed: 'Seed',
};
