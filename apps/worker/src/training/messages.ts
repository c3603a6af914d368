import { z } from 'zod';
import { TrainingCommand } from './commands.ts';

// What the worker and its training process say to each other. Both sides parse: they are different processes, and a
// long training should fail at its first message, not at its last.

export { TrainingCommand };

/** Everything that is a number in training, also where training went wrong. */
const Figure = z.union([z.number(), z.nan(), z.literal(Infinity), z.literal(-Infinity)]);

/** Where a training saves what it needs to go on after a kill. */
export const ProgressSettings = z.object({
  /** Fresh folders are made in it. */
  folder: z.string(),
  /** What an earlier process saved, whole. */
  goOnFrom: z.string().nullable(),
  /** At the least between two saves; 0: after every step. */
  everyMs: z.number().nonnegative(),
});
export type ProgressSettings = z.infer<typeof ProgressSettings>;

export const ToChild = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('run'),
    id: z.number().int(),
    command: TrainingCommand,
    progress: ProgressSettings.nullable(),
  }),
]);
export type ToChild = z.infer<typeof ToChild>;

export const EngineReport = z.object({
  name: z.string(),
  notBetter: z.array(z.string()),
  threads: z.number().int(),
  /** Where a better engine may appear, and the file that is there while one is being prepared. */
  setUp: z.object({ folder: z.string(), lock: z.string().nullable() }),
});
export type EngineReport = z.infer<typeof EngineReport>;

/** Where a training begins that an earlier process had saved on its way. */
export const Beginning = z.object({
  /** Steps that are done; 0 where it begins anew, or goes on within its first step. */
  step: z.number().int(),
  /** Why what was saved could not be used. */
  refusal: z.string().nullable(),
  /** What was different when it was saved: numbers may differ in their last digits. */
  differences: z.array(z.string()),
});
export type Beginning = z.infer<typeof Beginning>;

const LiveSample = z.object({
  promptId: z.string(),
  text: z.string(),
  tokens: z.number().int(),
  score: Figure,
  kl: Figure,
});
export type LiveSample = z.infer<typeof LiveSample>;

export const FromChild = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), engine: EngineReport }),
  /** No engine, or not the one that was asked for: the process ends. */
  z.object({ type: z.literal('unfit'), message: z.string() }),
  z.object({
    type: z.literal('metrics'),
    step: z.number().int(),
    totalSteps: z.number().int(),
    values: z.record(z.string(), Figure),
  }),
  Beginning.extend({ type: z.literal('begun') }),
  z.object({ type: z.literal('saved'), step: z.number().int(), folder: z.string() }),
  z.object({ type: z.literal('unsaved'), reason: z.string() }),
  z.object({ type: z.literal('samples'), step: z.number().int(), samples: z.array(LiveSample) }),
  z.object({ type: z.literal('text'), text: z.string(), tokens: z.number().int() }),
  /** What people should know although the work goes on. */
  z.object({ type: z.literal('notice'), sentence: z.string() }),
  z.object({ type: z.literal('done'), id: z.number().int(), result: z.unknown() }),
  z.object({
    type: z.literal('failed'),
    id: z.number().int(),
    code: z.enum(['diverged', 'error']),
    message: z.string(),
    stack: z.string().optional(),
  }),
]);
export type FromChild = z.infer<typeof FromChild>;

export const SampleResult = z.array(
  z.object({
    promptId: z.string(),
    index: z.number().int(),
    text: z.string(),
    tokenIds: z.array(z.number().int()),
    logProbs: z.array(z.number()),
    finished: z.enum(['eos', 'length']),
  }),
);
export type SampleResult = z.infer<typeof SampleResult>;

export const GenerateResult = z.object({
  text: z.string(),
  tokens: z.number().int(),
  finished: z.enum(['eos', 'length']),
  isPromptCut: z.boolean(),
  seconds: z.number(),
});

export const ScoreResult = z.array(z.number());
