import { z } from 'zod';
import { Id, pageOf, PageQuery, ProjectParams, Timestamp } from '../common.ts';
import { defineRoutes, member } from './route.ts';

/** Limits of an import; an upload over them is refused, a line over them is reported. */
export const IMPORT_LIMITS = {
  maxBytes: 512 * 1024 * 1024,
  maxInflatedBytes: 4 * 1024 * 1024 * 1024,
  maxLineBytes: 8 * 1024 * 1024,
  maxLines: 5_000_000,
  maxReportedErrors: 1000,
} as const;

export const ImportFormat = z.enum(['prompts', 'responses', 'hh-pairs', 'oasst-trees']);
export type ImportFormat = z.infer<typeof ImportFormat>;

export const ImportPreview = z.object({
  format: ImportFormat.nullable(),
  compressed: z.boolean(),
  /** Why the format was chosen, or why none fits. */
  reason: z.string(),
  rows: z.array(
    z.object({
      line: z.number().int(),
      becomes: z.string(),
      prompt: z.string(),
      outputs: z.array(z.string()),
      error: z.string().nullable(),
    }),
  ),
});
export type ImportPreview = z.infer<typeof ImportPreview>;

export const ImportQuery = z.object({
  fileName: z.string().min(1).max(255),
  /** Absent: detected from the first rows. */
  format: ImportFormat.optional(),
  /** Human ranks or choices in the file become judgements of an imported labeler. */
  withJudgements: z.stringbool().default(false),
});

export const ImportView = z.object({
  id: Id,
  fileName: z.string(),
  format: z.string(),
  state: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
  bytesRead: z.number(),
  totalBytes: z.number().nullable(),
  linesRead: z.number().int(),
  tasksCreated: z.number().int(),
  promptsCreated: z.number().int(),
  judgementsCreated: z.number().int(),
  duplicates: z.number().int(),
  badLines: z.number().int(),
  reason: z.string().nullable(),
  createdAt: Timestamp,
  endedAt: Timestamp.nullable(),
});
export type ImportView = z.infer<typeof ImportView>;

export const ImportErrorRow = z.object({
  line: z.number().int(),
  code: z.string(),
  message: z.string(),
  excerpt: z.string(),
});
export type ImportErrorRow = z.infer<typeof ImportErrorRow>;

export const SnapshotView = z.object({
  id: Id,
  name: z.string(),
  hash: z.string(),
  judgementCount: z.number().int(),
  createdBy: z.string().nullable(),
  createdAt: Timestamp,
});
export type SnapshotView = z.infer<typeof SnapshotView>;

export const ExportFormat = z.enum(['judgements', 'preference', 'prompt-completion', 'unpaired']);
export type ExportFormat = z.infer<typeof ExportFormat>;

export const ExportManifest = z.object({
  project: z.string(),
  snapshotId: Id,
  snapshotHash: z.string(),
  format: ExportFormat,
  rows: z.number().int(),
  bytes: z.number().int(),
  sha256: z.string(),
  filters: z.record(z.string(), z.unknown()),
  createdAt: Timestamp,
});
export type ExportManifest = z.infer<typeof ExportManifest>;

const SnapshotParams = ProjectParams.extend({ snapshotId: Id });
const ImportParams = ProjectParams.extend({ importId: Id });
const ExportQuery = z.object({ format: ExportFormat, gzip: z.stringbool().default(false) });

export const datasetRoutes = defineRoutes({
  previewImport: {
    method: 'POST',
    path: '/projects/:projectId/imports/preview',
    tag: 'imports',
    summary: 'Send the first bytes of a file; get the format and what the first rows would become',
    policy: member('admin', 'import'),
    params: ProjectParams,
    query: z.object({ format: ImportFormat.optional() }),
    upload: { maxBytes: 4 * 1024 * 1024 },
    response: ImportPreview,
  },
  startImport: {
    method: 'POST',
    path: '/projects/:projectId/imports',
    tag: 'imports',
    summary: 'Stream a JSONL or JSONL.gz file in; answers when it is read to the end',
    policy: member('admin', 'import'),
    params: ProjectParams,
    query: ImportQuery,
    upload: { maxBytes: IMPORT_LIMITS.maxBytes },
    response: ImportView,
    status: 201,
  },
  listImports: {
    method: 'GET',
    path: '/projects/:projectId/imports',
    tag: 'imports',
    summary: 'Imports, newest first',
    policy: member('admin', 'import'),
    params: ProjectParams,
    query: PageQuery,
    response: pageOf(ImportView),
  },
  getImport: {
    method: 'GET',
    path: '/projects/:projectId/imports/:importId',
    tag: 'imports',
    summary: 'One import',
    policy: member('admin', 'import'),
    params: ImportParams,
    response: ImportView,
  },
  listImportErrors: {
    method: 'GET',
    path: '/projects/:projectId/imports/:importId/errors',
    tag: 'imports',
    summary: 'Bad lines by number with the reason',
    policy: member('admin', 'import'),
    params: ImportParams,
    query: PageQuery,
    response: pageOf(ImportErrorRow),
  },
  cancelImport: {
    method: 'POST',
    path: '/projects/:projectId/imports/:importId/cancel',
    tag: 'imports',
    summary: 'Stop reading; rows already in stay',
    policy: member('admin', 'import'),
    params: ImportParams,
    response: ImportView,
  },
  listSnapshots: {
    method: 'GET',
    path: '/projects/:projectId/snapshots',
    tag: 'datasets',
    summary: 'Snapshots, newest first',
    policy: member('researcher', 'read'),
    params: ProjectParams,
    query: PageQuery,
    response: pageOf(SnapshotView),
  },
  createSnapshot: {
    method: 'POST',
    path: '/projects/:projectId/snapshots',
    tag: 'datasets',
    summary: 'Freeze all judgements in force up to now',
    policy: member('researcher', 'export'),
    params: ProjectParams,
    body: z.strictObject({ name: z.string().trim().min(1).max(100).optional() }),
    response: SnapshotView,
    status: 201,
  },
  exportSnapshot: {
    method: 'GET',
    path: '/projects/:projectId/snapshots/:snapshotId/export',
    tag: 'datasets',
    summary: 'Stream a snapshot as JSONL',
    policy: member('admin', 'export'),
    params: SnapshotParams,
    query: ExportQuery,
    stream: 'application/x-ndjson',
  },
  getExportManifest: {
    method: 'GET',
    path: '/projects/:projectId/snapshots/:snapshotId/manifest',
    tag: 'datasets',
    summary: 'Rows, bytes and SHA-256 of that export',
    policy: member('admin', 'export'),
    params: SnapshotParams,
    query: ExportQuery,
    response: ExportManifest,
  },
});
