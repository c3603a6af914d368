'use client';

import type { ImportFormat, ImportView } from '@rankloop/contracts';
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

interface UseUploadOptions {
  file: File;
  format: ImportFormat | null;
  withJudgements: boolean;
  onDone: (view: ImportView) => void;
}

/** One import from this page: sends the file, follows the reading on the server, stops both. */
export function useUpload({ file, format, withJudgements, onDone }: UseUploadOptions) {
  const { projectId } = useMembership();
  const [fraction, setFraction] = useState(0);
  const [news, setNews] = useState<ImportNews | null>(null);
  const abort = useRef(new AbortController());
  const upload = useMutation({
    mutationFn: () => {
      abort.current = new AbortController();
      setFraction(0);
      setNews(null);
      return uploadImport({
        file,
        input: {
          params: { projectId },
          query: {
            fileName: file.name.slice(-255),
            withJudgements: withJudgements ? 'true' : 'false',
            ...(format ? { format } : {}),
          },
        },
        signal: abort.current.signal,
        onProgress: setFraction,
      });
    },
    onSuccess: onDone,
  });
  useLive('import', (event) => {
    const told = ImportNews.safeParse(event.data);
    if (event.projectId === projectId && upload.isPending && told.success) setNews(told.data);
  });
  const cancel = () => {
    // The server keeps what is in and says so; then the rest need not be sent.
    const known =
      news === null
        ? Promise.resolve()
        : call('cancelImport', { params: { projectId, importId: news.importId } });
    void Promise.resolve(known)
      .catch(() => undefined)
      .finally(() => abort.current.abort());
  };
  const isStopped = upload.error instanceof DOMException && upload.error.name === 'AbortError';
  return {
    start: () => upload.mutate(),
    cancel,
    isRunning: upload.isPending,
    error: isStopped ? null : upload.error,
    fraction,
    linesRead: news?.linesRead ?? 0,
    badLines: news?.badLines ?? 0,
  };
}
