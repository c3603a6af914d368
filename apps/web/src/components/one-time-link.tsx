'use client';

import { Button, Code, CopyButton, Group, Stack, Text } from '@mantine/core';
import type { CreatedLink } from '@rankloop/contracts';
import { RelativeTime } from './relative-time.tsx';

interface OneTimeLinkProps {
  link: CreatedLink;
  /** What it does, such as "Invitation for ann@example.org". */
  title: string;
  onDone: () => void;
}

/** A secret link, shown this once; the server keeps only a hash of it. */
export function OneTimeLink({ link, title, onDone }: OneTimeLinkProps) {
  const address = `${window.location.origin}${link.path}`;
  return (
    <div className="rl-panel" role="status">
      <Stack p="md" gap="xs">
        <Text fw={600} size="sm">
          {title}
        </Text>
        <Text size="sm">
          Copy it now and send it yourself; it is not shown again. It works once and ends{' '}
          <RelativeTime at={link.expiresAt} />.
        </Text>
        <Code style={{ overflowWrap: 'anywhere' }} data-testid="one-time-link">
          {address}
        </Code>
        <Group gap="xs">
          <CopyButton value={address}>
            {({ copied, copy }) => (
              <Button size="xs" variant="default" onClick={copy}>
                {copied ? 'Copied' : 'Copy the link'}
              </Button>
            )}
          </CopyButton>
          <Button size="xs" variant="subtle" onClick={onDone}>
            Done
          </Button>
        </Group>
      </Stack>
    </div>
  );
}
