'use client';

import { Button, Group, Stack, Switch, Text, Title } from '@mantine/core';
import { datasetRoutes, ImportFormat, type ImportPreview, type ImportView } from '@rankloop/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Choice } from '../../components/choice.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { bytes, count } from '../../lib/format.ts';
import { useMembership } from '../../lib/session.ts';
import { FormError } from '../account/form-error.tsx';
import { FORMATS } from './formats.ts';
import { Preview } from './preview.tsx';
import { useUpload } from './use-upload.ts';

/** Rows enough to recognise a file by, small enough to send while choosing. */
const HEAD_BYTES = 1024 * 1024;
const DETECT = 'detect';

interface ChosenFileProps {
  file: File;
  onDone: (view: ImportView) => void;
  onLeave: () => void;
}

/** A file before and while it is imported: how it is read, what becomes of it, how far it is. */
export function ChosenFile({ file, onDone, onLeave }: ChosenFileProps) {
  const { projectId } = useMembership();
  const [format, setFormat] = useState<ImportFormat | null>(null);
  const [withJudgements, setWithJudgements] = useState(false);
  const preview = useQuery({
    queryKey: ['imports', 'preview', projectId, file.name, file.size, file.lastModified, format],
    queryFn: ({ signal }) =>
      call(
        datasetRoutes.previewImport,
        { params: { projectId }, query: format ? { format } : {}, upload: file.slice(0, HEAD_BYTES) },
        { signal },
      ),
    retry: false,
    refetchOnWindowFocus: false,
  });
  const upload = useUpload({ file, format, withJudgements, onDone });
  const read = preview.data?.format ?? null;
  return (
    <div className="rl-panel imp-chosen">
      <Title order={2} size="h4" mb="sm">
        {file.name}{' '}
        <Text component="span" size="sm" c="dimmed">
          {bytes(file.size)}
        </Text>
      </Title>
      <Stack gap="md">
        <Group align="flex-start" gap="xl">
          <Choice
            label="Format"
            w={336}
            maw="100%"
            data={[
              { value: DETECT, label: detectLabel(preview.data, format) },
              ...ImportFormat.options.map((name) => ({ value: name, label: FORMATS[name].label })),
            ]}
            value={format ?? DETECT}
            disabled={upload.isRunning}
            description={read ? FORMATS[read].help : 'Chosen from the first rows.'}
            onChange={(value) => setFormat(ImportFormat.safeParse(value).data ?? null)}
          />
          <Switch
            className="imp-switch"
            label="Take ranks and choices in the file as judgements"
            description="Of an imported labeler; rounds may learn from them."
            checked={withJudgements}
            disabled={upload.isRunning || (read !== null && !FORMATS[read].hasJudgements)}
            onChange={(event) => setWithJudgements(event.currentTarget.checked)}
          />
        </Group>
        <QueryState query={preview} lines={5}>
          {(data) => <Preview preview={data} />}
        </QueryState>
        <FormError error={upload.error} />
        {upload.isRunning ? <Progress upload={upload} /> : null}
        {upload.isForgotten && (
          <Text size="sm" role="status">
            The upload was stopped before its first rows had arrived. Nothing was stored.
          </Text>
        )}
        <Group gap="xs">
          {upload.isRunning ? (
            <Button variant="default" loading={upload.isStopping} onClick={upload.cancel}>
              Cancel
            </Button>
          ) : (
            <>
              <Button disabled={read === null} onClick={upload.start}>
                Import
              </Button>
              <Button variant="default" onClick={onLeave}>
                Another file
              </Button>
              {preview.data && read === null && <Text size="sm">Choose the format that the file is in.</Text>}
            </>
          )}
        </Group>
      </Stack>
    </div>
  );
}

function detectLabel(preview: ImportPreview | undefined, chosen: ImportFormat | null): string {
  return chosen === null && preview?.format ? `Detected: ${FORMATS[preview.format].label}` : 'Detect';
}

function Progress({ upload }: { upload: ReturnType<typeof useUpload> }) {
  const { fraction, linesRead, badLines } = upload;
  return (
    <div role="status">
      <Text size="sm" mb={4}>
        {Math.round(fraction * 100)} % sent, {count(linesRead)} lines read
        {badLines > 0 && `, ${count(badLines)} of them bad`}
      </Text>
      <ProgressBar fraction={fraction} label="Upload" />
    </div>
  );
}
