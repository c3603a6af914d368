import { z } from 'zod';
import { Id, Message, ProjectParams } from '../common.ts';
import { SamplingConfig } from '../recipes/sampling.ts';
import { defineRoutes, member } from './route.ts';
import { SideRunView } from './side-runs.ts';

/** What one request may ask of the machine. */
export const PLAYGROUND_LIMITS = { characters: 20_000, messages: 40, newTokens: 512, policies: 2 } as const;

const { characters, messages, newTokens, policies } = PLAYGROUND_LIMITS;

const Conversation = z
  .array(Message)
  .min(1, 'Write a prompt.')
  .max(messages, `A conversation has at most ${messages} messages here.`)
  .refine((all) => all.reduce((sum, { content }) => sum + content.length, 0) <= characters, {
    message: `The prompt is longer than ${characters} characters.`,
  })
  .refine((all) => all.at(-1)?.role !== 'assistant', { message: 'The last message must be for the model.' });

export const PlaygroundBody = z.strictObject({
  conversation: Conversation,
  /** Policies of the project; each answers once, one after the other, with the same seed. */
  checkpointIds: z.array(Id).min(1).max(policies),
  /** Scores what they say. */
  rewardCheckpointId: Id.nullable().default(null),
  sampling: SamplingConfig.refine(({ maxNewTokens }) => maxNewTokens <= newTokens, {
    path: ['maxNewTokens'],
    message: `The playground draws at most ${newTokens} tokens.`,
  }).prefault({}),
  seed: z.number().int().min(0).max(2_147_483_647).default(1),
});
export type PlaygroundBody = z.infer<typeof PlaygroundBody>;

export const PlaygroundOutput = z.object({
  checkpointId: Id,
  /** As far as it is drawn. */
  text: z.string(),
  tokens: z.number().int(),
  /** Null while it is being drawn. */
  finished: z.enum(['eos', 'length']).nullable(),
  /** The prompt was longer than the model reads: its beginning was left out. */
  isPromptCut: z.boolean(),
  /** Normalised: 0 is what outputs of the base get on average. */
  score: z.number().nullable(),
  seconds: z.number().nullable(),
});
export type PlaygroundOutput = z.infer<typeof PlaygroundOutput>;

export const PlaygroundRun = SideRunView.extend({ outputs: z.array(PlaygroundOutput) });
export type PlaygroundRun = z.infer<typeof PlaygroundRun>;

const RunParams = ProjectParams.extend({ playgroundRunId: Id });

export const playgroundRoutes = defineRoutes({
  startPlaygroundRun: {
    method: 'POST',
    path: '/projects/:projectId/playground',
    tag: 'playground',
    summary: 'Let one policy or two answer a prompt; one request of a person at a time',
    policy: member('researcher', 'train'),
    params: ProjectParams,
    body: PlaygroundBody,
    response: PlaygroundRun,
    status: 201,
  },
  getPlaygroundRun: {
    method: 'GET',
    path: '/projects/:projectId/playground/:playgroundRunId',
    tag: 'playground',
    summary: 'What is drawn so far; kept for a day',
    policy: member('researcher', 'read'),
    params: RunParams,
    response: PlaygroundRun,
  },
  cancelPlaygroundRun: {
    method: 'POST',
    path: '/projects/:projectId/playground/:playgroundRunId/cancel',
    tag: 'playground',
    summary: 'Stop drawing; what is drawn stays',
    policy: member('researcher', 'train'),
    params: RunParams,
    response: PlaygroundRun,
  },
});
