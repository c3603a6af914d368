'use client';

import { Anchor, Button, Code, Drawer, Group, Radio, Stack, Switch, Text } from '@mantine/core';
import { datasetRoutes, ExportFormat, type ExportManifest, type SnapshotView } from '@rankloop/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { QueryState } from '../../components/states.tsx';
import { call, urlOf } from '../../lib/api-client.ts';
import { bytes, count } from '../../lib/format.ts';
import { useMembership } from '../../lib/session.ts';

const FORMATS: Record<ExportFormat, { label: string; help: string }> = {
  judgements: {
    label: 'Full judgements',
    help: 'Every field of every judgement with its texts; labelers by pseudonym.',
  },
  preference: {
    label: 'Preference rows',
    help: '{prompt, chosen, rejected}: one row for each pair that a judgement orders.',
  },
  'prompt-completion': {
    label: 'Prompt and completion',
    help: '{prompt, completion}: corrected texts and written answers, for supervised training.',
  },
  unpaired: { label: 'Unpaired', help: '{prompt, completion, label}: thumbs up or down.' },
};

/** How a snapshot leaves: the format, the file and what is in it. */
export function ExportDrawer({ snapshot, onClose }: { snapshot: SnapshotView | null; onClose: () => void }) {
  return (
    <Drawer
      opened={snapshot !== null}
      onClose={onClose}
      position="right"
      size="lg"
      title={snapshot ? `Export ${snapshot.name}` : ''}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {snapshot && <ExportForm snapshot={snapshot} />}
    </Drawer>
  );
}

function ExportForm({ snapshot }: { snapshot: SnapshotView }) {
  const { projectId } = useMembership();
  const [format, setFormat] = useState<ExportFormat>('judgements');
  const [gzip, setGzip] = useState(true);
  const params = { projectId, snapshotId: snapshot.id };
  const query = { format, gzip: gzip ? 'true' : 'false' };
  const manifest = useQuery({
    queryKey: ['datasets', 'manifest', snapshot.id, format],
    queryFn: ({ signal }) => call(datasetRoutes.getExportManifest, { params, query: { format } }, { signal }),
    staleTime: Infinity,
  });
  return (
    <Stack>
      <Radio.Group
        label="Format"
        value={format}
        onChange={(value) => setFormat(ExportFormat.safeParse(value).data ?? format)}
      >
        <Stack gap="xs" mt={4}>
          {ExportFormat.options.map((name) => (
            <Radio key={name} value={name} label={FORMATS[name].label} description={FORMATS[name].help} />
          ))}
        </Stack>
      </Radio.Group>
      <Switch
        label="Compress with gzip"
        checked={gzip}
        onChange={(event) => setGzip(event.currentTarget.checked)}
      />
      <QueryState query={manifest} lines={3}>
        {(data) => <ManifestView manifest={data} />}
      </QueryState>
      <Group>
        <Button component="a" href={urlOf(datasetRoutes.exportSnapshot, { params, query })} download>
          Download
        </Button>
        <Anchor
          className="rl-link"
          size="sm"
          href={urlOf(datasetRoutes.getExportManifest, { params, query: { format } })}
          download={`${snapshot.hash.slice(0, 12)}-${format}.manifest.json`}
        >
          Manifest
        </Anchor>
      </Group>
    </Stack>
  );
}

function ManifestView({ manifest }: { manifest: ExportManifest }) {
  return (
    <div>
      <Text size="sm">
        {count(manifest.rows)} rows, {bytes(manifest.bytes)} of JSONL. SHA-256 of the rows, not compressed:
      </Text>
      <Code style={{ overflowWrap: 'anywhere' }}>{manifest.sha256}</Code>
      {manifest.rows === 0 && (
        <Text size="sm" mt="xs">
          ▲ No judgement of this snapshot gives a row in this format.
        </Text>
      )}
    </div>
  );
}
