'use client';

import { datasetRoutes, type ImportFormat, type ImportView } from '@rankloop/contracts';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { z } from 'zod';
import { call } from '../../lib/api-client.ts';
import { useLive } from '../../lib/live.ts';
import { useMembership } from '../../lib/session.ts';
import { uploadImport } from './upload.ts';

const ImportNews = z.object({
  importId: z.guid(),
  state: z.string(),
  linesRead: z.number(),
  badLines: z.number(),
});
type ImportNews = z.infer<typeof ImportNews>;

/** How long the server may take to put away what had arrived before a stop. */
const SETTLE_MS = 5000;

interface UseUploadOptions {
  file: File;
  format: ImportFormat | null;
  withJudgements: boolean;
  onDone: (view: ImportView) => void;
}

/** One try at sending the file. */
interface Run {
  abort: AbortController;
  /** The import on the server, known once it tells of itself. */
  importId: string | null;
  /** Imports of this project that told of themselves meanwhile, and whether they are this one. */
  asked: Map<string, Promise<boolean>>;
  /** Resolves when the server has read what it will read. */
  settled: Promise<void>;
  settle: () => void;
}

/** One import from this page: sends the file, follows the reading on the server, stops both. */
export function useUpload({ file, format, withJudgements, onDone }: UseUploadOptions) {
  const { projectId } = useMembership();
  const [fraction, setFraction] = useState(0);
  const [news, setNews] = useState<ImportNews | null>(null);
  const [isStopping, setStopping] = useState(false);
  const current = useRef<Run | null>(null);

  const upload = useMutation({
    mutationFn: async () => {
      const run = newRun();
      current.current = run;
      setFraction(0);
      setNews(null);
      setStopping(false);
      try {
        return await uploadImport({
          file,
          input: {
            params: { projectId },
            query: {
              fileName: nameOf(file),
              withJudgements: withJudgements ? 'true' : 'false',
              ...(format ? { format } : {}),
            },
          },
          signal: run.abort.signal,
          onProgress: setFraction,
        });
      } catch (error) {
        if (!run.abort.signal.aborted) throw error;
        return await readStopped(projectId, run);
      }
    },
    onSuccess: (view) => view && onDone(view),
  });

  useLive('import', (event) => {
    const run = current.current;
    const told = ImportNews.safeParse(event.data);
    if (!run || !upload.isPending || event.projectId !== projectId || !told.success) return;
    const { importId, state } = told.data;
    // Somebody else may be importing into the same project.
    const isOwn = run.asked.get(importId) ?? isImportOf(projectId, importId, file);
    run.asked.set(importId, isOwn);
    void isOwn.then((own) => {
      if (!own || current.current !== run) return;
      run.importId = importId;
      setNews(told.data);
      if (state !== 'running') run.settle();
    });
  });

  const cancel = () => {
    const run = current.current;
    if (!run) return;
    setStopping(true);
    void stopOnServer(projectId, run).finally(() => run.abort.abort());
  };
  return {
    start: () => upload.mutate(),
    cancel,
    isRunning: upload.isPending,
    isStopping: isStopping && upload.isPending,
    /** It was stopped before the server had stored anything of it. */
    isForgotten: upload.isSuccess && upload.data === null,
    error: upload.error,
    fraction,
    linesRead: news?.linesRead ?? 0,
    badLines: news?.badLines ?? 0,
  };
}

function newRun(): Run {
  let settle = () => {};
  const settled = new Promise<void>((resolve) => (settle = resolve));
  return { abort: new AbortController(), importId: null, asked: new Map(), settled, settle };
}

/** The server stops at its next batch and says so; hanging up before that would look like a lost line. */
async function stopOnServer(projectId: string, { importId, settled }: Run): Promise<void> {
  if (importId === null) return;
  await call(datasetRoutes.cancelImport, { params: { projectId, importId } }).catch(() => undefined);
  await atMost(SETTLE_MS, settled);
}

/** What a stopped import has brought; null when nothing of it is stored. */
async function readStopped(projectId: string, run: Run): Promise<ImportView | null> {
  await atMost(SETTLE_MS, run.settled);
  return run.importId === null
    ? null
    : call(datasetRoutes.getImport, { params: { projectId, importId: run.importId } });
}

function isImportOf(projectId: string, importId: string, file: File): Promise<boolean> {
  return call(datasetRoutes.getImport, { params: { projectId, importId } })
    .then((view) => view.fileName === nameOf(file) && view.totalBytes === file.size)
    .catch(() => false);
}

function nameOf(file: File): string {
  return file.name.slice(-255);
}

function atMost(ms: number, done: Promise<void>): Promise<void> {
  return Promise.race([done, new Promise<void>((resolve) => setTimeout(resolve, ms))]);
}
