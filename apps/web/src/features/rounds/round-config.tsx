'use client';

import { Button, CopyButton, Group, Title } from '@mantine/core';
import type { RoundDetail } from '@rankloop/contracts';
import Link from 'next/link';
import { toYaml } from './round-yaml.ts';

/** The settings that were used, to read, copy or start again from. */
export function RoundConfigView({ round, slug }: { round: RoundDetail; slug: string }) {
  const yaml = toYaml(round.config);
  return (
    <section className="rl-section" aria-labelledby="config">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4" id="config">
          Settings
        </Title>
        <Group gap="xs">
          <CopyButton value={yaml}>
            {({ copied, copy }) => (
              <Button size="xs" variant="default" onClick={copy}>
                {copied ? 'Copied' : 'Copy as YAML'}
              </Button>
            )}
          </CopyButton>
          <Button
            component={Link}
            href={`/p/${slug}/rounds/new?from=${round.id}`}
            size="xs"
            variant="default"
          >
            Start another with these
          </Button>
        </Group>
      </Group>
      <pre className="rl-panel rounds-log" tabIndex={0} aria-label="Settings as YAML">
        {yaml}
      </pre>
    </section>
  );
}
