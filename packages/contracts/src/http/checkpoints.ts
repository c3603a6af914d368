import { z } from 'zod';
import { Id, pageOf, PageQuery, ProjectParams, Timestamp } from '../common.ts';
import { CheckpointRow } from './checkpoint-row.ts';
import { defineRoutes, member } from './route.ts';

/** Which checkpoints keep their files; all keep their rows, figures and lineage. */
export const RetentionSettings = z.strictObject({
  /** Delete by itself; else only when a person asks. */
  isOn: z.boolean().default(false),
  /** Policies that were in use once. */
  keepPromoted: z.boolean().default(true),
  /** The newest of each kind. */
  keepLast: z.number().int().min(1).max(1000).default(10),
  /** Those of each kind with the highest win rate or held-out accuracy. */
  keepBest: z.number().int().min(0).max(1000).default(3),
});
export type RetentionSettings = z.infer<typeof RetentionSettings>;

/** Why a checkpoint keeps its files; none of these and it may be pruned. */
export const KeepReason = z.enum([
  'in-use',
  'of-the-round-in-use',
  'active-round',
  'from-outside',
  'promoted',
  'last',
  'best',
]);
export type KeepReason = z.infer<typeof KeepReason>;

const CheckpointRef = z.object({ id: Id, name: z.string() });

export const CheckpointStorage = z.object({
  settings: RetentionSettings,
  /** Of checkpoints that have their files. */
  checkpoints: z.number().int(),
  /** As if nothing was shared. */
  bytes: z.number().int(),
  /** Each content once. */
  storedBytes: z.number().int(),
  pruned: z.object({ checkpoints: z.number().int(), bytes: z.number().int() }),
  /** What the settings would delete now. */
  due: z.object({ items: z.array(CheckpointRef), bytes: z.number().int() }),
});
export type CheckpointStorage = z.infer<typeof CheckpointStorage>;

export const PruneResult = z.object({
  items: z.array(CheckpointRef),
  /** Given back to the disk: what other checkpoints share stays. */
  freedBytes: z.number().int(),
});
export type PruneResult = z.infer<typeof PruneResult>;

const RoundRef = z.object({ id: Id, number: z.number().int(), state: z.string() });
const SnapshotRef = z.object({ id: Id, name: z.string(), hash: z.string(), judgements: z.number().int() });

/** A stage of the round that made a checkpoint, and on which the checkpoint depends. */
export const LineageStage = z.object({
  name: z.string(),
  recipe: z.string(),
  /** As the document of the round has them: whose output the stage takes, and its `config`. */
  settings: z.record(z.string(), z.unknown()),
  /** What it takes, by name. */
  takes: z.array(z.string()),
});

/** How many rows of each list a lineage begins with; the rest is read page by page. */
export const LINEAGE_ROWS = 50;

/** The beginning of a list, and how long it is. */
function countedPageOf<T extends z.ZodType>(item: T) {
  return pageOf(item).extend({ count: z.number().int() });
}

/** What was made of a checkpoint, directly: the newest, and how many there are. */
const MadeOfIt = { children: z.array(CheckpointRef), childCount: z.number().int() };

export const LineageLabeler = z.object({
  userId: Id,
  pseudonym: z.string(),
  judgements: z.number().int(),
  leases: z.number().int(),
  isExcluded: z.boolean(),
});
export type LineageLabeler = z.infer<typeof LineageLabeler>;

export const LineageStep = z.object({
  checkpoint: CheckpointRow,
  /** What it was made of, directly. */
  madeOf: z.array(Id),
  round: RoundRef.nullable(),
  stages: z.array(LineageStage),
  snapshot: SnapshotRef.nullable(),
});
export type LineageStep = z.infer<typeof LineageStep>;

/** Everything that a checkpoint comes from. */
export const CheckpointLineage = z.object({
  /** The checkpoint itself first, then what it was made of, back to the beginning. */
  steps: countedPageOf(LineageStep),
  ...MadeOfIt,
  /** Who judged what it and its ancestors learned from, each judgement once; those with the most first. */
  labelers: countedPageOf(LineageLabeler),
});
export type CheckpointLineage = z.infer<typeof CheckpointLineage>;

export const LineageCheck = z.object({
  what: z.enum(['files', 'manifest', 'origin', 'snapshot', 'texts', 'leases']),
  /** Which checkpoint or snapshot. */
  subject: z.string(),
  /** Null: there is nothing to compare with; `detail` says why. */
  matches: z.boolean().nullable(),
  /** How many were compared. */
  compared: z.number().int(),
  detail: z.string(),
});
export type LineageCheck = z.infer<typeof LineageCheck>;

export const LineageReport = z.object({
  matches: z.boolean(),
  checks: z.array(LineageCheck),
});
export type LineageReport = z.infer<typeof LineageReport>;

/** A checkpoint with everything that its card says. */
export const CheckpointDetail = z.object({
  checkpoint: CheckpointRow,
  project: z.string(),
  stage: z.string().nullable(),
  files: z.array(z.object({ name: z.string(), bytes: z.number().int(), sha256: z.string() })),
  /** Over what it is and what it was made of. */
  lineageHash: z.string().nullable(),
  keptFor: z.array(KeepReason),
  madeOf: z.array(CheckpointRef),
  ...MadeOfIt,
  round: RoundRef.nullable(),
  /** Of the round, on which it depends; the last one made it. */
  stages: z.array(LineageStage),
  snapshot: SnapshotRef.extend({ people: z.number().int() }).nullable(),
});
export type CheckpointDetail = z.infer<typeof CheckpointDetail>;

/** A checkpoint that learned from a judgement. */
export const TaughtCheckpoint = z.object({
  checkpoint: CheckpointRow,
  /** In the data of its own round; else through a checkpoint that it was made of. */
  isDirect: z.boolean(),
  /** How many of the judgements in question were in its data; 0 when it is not direct. */
  judgements: z.number().int(),
});
export type TaughtCheckpoint = z.infer<typeof TaughtCheckpoint>;

/** The newest of each, and how many there are. */
const Touched = z.object({
  snapshots: z.array(SnapshotRef.extend({ of: z.number().int() })),
  snapshotCount: z.number().int(),
  taught: z.array(TaughtCheckpoint),
  taughtCount: z.number().int(),
  /** Whether the policy in use is among them. */
  touchesCurrent: z.boolean(),
});

export const JudgementLineage = Touched.extend({
  judgementId: Id,
  leaseId: Id,
  revision: z.number().int(),
  labeler: z.object({ userId: Id, pseudonym: z.string() }),
  createdAt: Timestamp,
});
export type JudgementLineage = z.infer<typeof JudgementLineage>;

export const LabelerLineage = Touched.extend({
  userId: Id,
  pseudonym: z.string(),
  judgements: z.number().int(),
  excluded: z.object({ at: Timestamp, reason: z.string() }).nullable(),
});
export type LabelerLineage = z.infer<typeof LabelerLineage>;

const CheckpointParams = ProjectParams.extend({ checkpointId: Id });
const LabelerParams = ProjectParams.extend({ userId: Id });

export const checkpointRoutes = defineRoutes({
  listCheckpoints: {
    method: 'GET',
    path: '/projects/:projectId/checkpoints',
    tag: 'checkpoints',
    summary: 'Checkpoints, newest first',
    policy: member('researcher', 'read'),
    params: ProjectParams,
    query: PageQuery.extend({ kind: z.enum(['policy', 'reward']).optional() }),
    response: pageOf(CheckpointRow),
  },
  promoteCheckpoint: {
    method: 'POST',
    path: '/projects/:projectId/checkpoints/:checkpointId/promote',
    tag: 'checkpoints',
    summary: 'Make a policy the one in use (also rolls back)',
    policy: member('researcher', 'train'),
    params: CheckpointParams,
    response: CheckpointRow,
  },
  getCheckpointStorage: {
    method: 'GET',
    path: '/projects/:projectId/checkpoints/storage',
    tag: 'checkpoints',
    summary: 'Disk use of the checkpoints, which of them keep their files, and what would be deleted now',
    policy: member('researcher', 'read'),
    params: ProjectParams,
    response: CheckpointStorage,
  },
  updateRetention: {
    method: 'PUT',
    path: '/projects/:projectId/checkpoints/retention',
    tag: 'checkpoints',
    summary: 'Change which checkpoints keep their files; deletes nothing by itself',
    policy: member('admin', 'admin'),
    params: ProjectParams,
    body: RetentionSettings,
    response: CheckpointStorage,
  },
  pruneCheckpoints: {
    method: 'POST',
    path: '/projects/:projectId/checkpoints/prune',
    tag: 'checkpoints',
    summary: 'Delete the files of checkpoints that the settings do not keep',
    policy: member('admin', 'admin'),
    params: ProjectParams,
    response: PruneResult,
  },
  getCheckpoint: {
    method: 'GET',
    path: '/projects/:projectId/checkpoints/:checkpointId',
    tag: 'checkpoints',
    summary: 'A checkpoint with its card: data, settings, figures, files, origin',
    policy: member('researcher', 'read'),
    params: CheckpointParams,
    response: CheckpointDetail,
  },
  downloadCheckpoint: {
    method: 'GET',
    path: '/projects/:projectId/checkpoints/:checkpointId/download',
    tag: 'checkpoints',
    summary: 'A checkpoint as a Hugging Face folder with its card, in a tar archive',
    policy: member('researcher', 'export'),
    params: CheckpointParams,
    stream: 'application/octet-stream',
  },
  getCheckpointLineage: {
    method: 'GET',
    path: '/projects/:projectId/checkpoints/:checkpointId/lineage',
    tag: 'lineage',
    summary: 'What a checkpoint comes from, back to the labelers: how much, and the first of it',
    policy: member('researcher', 'read'),
    params: CheckpointParams,
    response: CheckpointLineage,
  },
  listLineageSteps: {
    method: 'GET',
    path: '/projects/:projectId/checkpoints/:checkpointId/lineage/steps',
    tag: 'lineage',
    summary: 'The checkpoint and what it was made of, the nearest first',
    policy: member('researcher', 'read'),
    params: CheckpointParams,
    query: PageQuery,
    response: pageOf(LineageStep),
  },
  listLineageLabelers: {
    method: 'GET',
    path: '/projects/:projectId/checkpoints/:checkpointId/lineage/labelers',
    tag: 'lineage',
    summary:
      'Who judged what a checkpoint and its ancestors learned from, those with the most judgements first',
    policy: member('researcher', 'read'),
    params: CheckpointParams,
    query: PageQuery,
    response: pageOf(LineageLabeler),
  },
  checkLineage: {
    method: 'POST',
    path: '/projects/:projectId/checkpoints/:checkpointId/lineage/check',
    tag: 'lineage',
    summary: 'Compute the hashes of a checkpoint and of its round’s data anew, and say what does not match',
    policy: member('researcher', 'read'),
    params: CheckpointParams,
    response: LineageReport,
  },
  getJudgementLineage: {
    method: 'GET',
    path: '/projects/:projectId/judgements/:judgementId/lineage',
    tag: 'lineage',
    summary: 'Every checkpoint that a judgement taught',
    policy: member('researcher', 'read'),
    params: ProjectParams.extend({ judgementId: Id }),
    response: JudgementLineage,
  },
  getLabelerLineage: {
    method: 'GET',
    path: '/projects/:projectId/labelers/:userId/lineage',
    tag: 'lineage',
    summary: 'Every checkpoint that a labeler taught',
    policy: member('researcher', 'read'),
    params: LabelerParams,
    response: LabelerLineage,
  },
  excludeLabeler: {
    method: 'PUT',
    path: '/projects/:projectId/labelers/:userId/exclusion',
    tag: 'lineage',
    summary: 'Leave a labeler out of later snapshots; answers with what was learned from them before',
    policy: member('admin', 'admin'),
    params: LabelerParams,
    body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
    response: LabelerLineage,
  },
  includeLabeler: {
    method: 'DELETE',
    path: '/projects/:projectId/labelers/:userId/exclusion',
    tag: 'lineage',
    summary: 'Take a labeler’s judgements into later snapshots again',
    policy: member('admin', 'admin'),
    params: LabelerParams,
    response: LabelerLineage,
  },
});
