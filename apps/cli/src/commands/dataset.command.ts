import { once } from 'node:events';
import { createReadStream, createWriteStream, type ReadStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { ExportFormat, ExportManifest, Id, ImportFormat } from '@rankloop/contracts';
import {
  createSnapshot,
  getImportRow,
  getSnapshotRow,
  importLines,
  readExportLines,
  startImport,
} from '@rankloop/core';
import { measureExport, openImportFile, writeExport } from '@rankloop/datasets';
import type { Db } from '@rankloop/db';
import type { Command } from 'commander';
import type { z } from 'zod';
import { withContext } from '../context.ts';
import { getProjectBySlug } from '../find.ts';

const NOBODY = { userId: null };

export interface ImportFlags {
  project: string;
  format?: string;
  withJudgements: boolean;
}

export interface ExportFlags {
  project: string;
  format: string;
  snapshot?: string;
  gzip: boolean;
  out: string;
}

export function registerDatasets(program: Command): void {
  program
    .command('import <file>')
    .description('read a JSONL or JSONL.gz file into a project')
    .requiredOption('--project <slug>', 'the project')
    .option('--format <format>', `${ImportFormat.options.join(', ')}; detected when absent`)
    .option('--with-judgements', 'human ranks in the file become judgements of an imported labeler', false)
    .action((file: string, flags: ImportFlags) => withContext(({ db }) => importFile(db, file, flags)));
  program
    .command('export')
    .description('write a snapshot of the judgements as JSONL, with a manifest beside it')
    .requiredOption('--project <slug>', 'the project')
    .requiredOption('--format <format>', ExportFormat.options.join(', '))
    .requiredOption('--out <file>', 'the file to write')
    .option('--snapshot <id>', 'an existing snapshot; absent: a new one of all judgements up to now')
    .option('--gzip', 'compress the file', false)
    .action((flags: ExportFlags) => withContext(({ db }) => exportFile(db, flags)));
}

export async function importFile(db: Db, file: string, flags: ImportFlags): Promise<void> {
  const format = flags.format === undefined ? undefined : choose(ImportFormat, flags.format);
  const { id: projectId } = await getProjectBySlug(db, flags.project);
  const opened = await openImportFile(await openToRead(file), format);
  const { row, context } = await startImport({
    db,
    actor: NOBODY,
    projectId,
    fileName: path.basename(file),
    format: opened.format,
    withJudgements: flags.withJudgements,
    totalBytes: (await stat(file)).size,
  });
  await importLines({ db, importId: row.id, context, lines: opened.lines, bytesRead: opened.bytesRead });
  const done = await getImportRow(db, projectId, row.id);
  console.log(
    `${done.format}: ${done.tasksCreated} tasks, ${done.promptsCreated} prompts, ${done.judgementsCreated} judgements, ` +
      `${done.duplicates} already there, ${done.badLines} bad lines.`,
  );
  const errors = await db.prisma.importError.findMany({
    where: { importId: row.id },
    orderBy: { id: 'asc' },
    take: 20,
  });
  for (const { line, message } of errors) console.log(`  line ${line}: ${message}`);
}

export async function exportFile(db: Db, flags: ExportFlags): Promise<void> {
  const format = choose(ExportFormat, flags.format);
  const project = await getProjectBySlug(db, flags.project);
  const { prisma } = db;
  const snapshot =
    flags.snapshot === undefined
      ? await createSnapshot({ prisma, actor: NOBODY, projectId: project.id })
      : await getSnapshotRow(db, project.id, snapshotId(flags.snapshot));
  const rows = () => writeExport(format, readExportLines(db, snapshot));
  const sink = createWriteStream(flags.out);
  await once(sink, 'open').catch((cause: unknown) => {
    throw new Error(`${flags.out} cannot be written.`, { cause });
  });
  await (flags.gzip
    ? pipeline(Readable.from(rows()), createGzip(), sink)
    : pipeline(Readable.from(rows()), sink));
  const manifest = ExportManifest.parse({
    project: project.name,
    snapshotId: snapshot.id,
    snapshotHash: snapshot.hash,
    format,
    // Of the rows, before compression.
    ...(await measureExport(rows())),
    filters: snapshot.filters,
    createdAt: new Date().toISOString(),
  });
  await writeFile(`${flags.out}.manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(`${flags.out}: ${manifest.rows} rows of snapshot ${snapshot.hash.slice(0, 12)}.`);
}

/** @throws Error that names what there is to choose from */
function choose<T extends string>(format: z.ZodEnum<Record<T, T>>, text: string): T {
  const parsed = format.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Error(`There is no format called ${text}. There are: ${format.options.join(', ')}.`);
}

function snapshotId(text: string): string {
  if (Id.safeParse(text).success) return text;
  throw new Error(`${text} is not the id of a snapshot.`);
}

async function openToRead(file: string): Promise<ReadStream> {
  const isFile = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) throw new Error(`There is no file ${file}.`);
  const source = createReadStream(file);
  await once(source, 'open').catch((cause: unknown) => {
    throw new Error(`${file} cannot be read.`, { cause });
  });
  return source;
}
