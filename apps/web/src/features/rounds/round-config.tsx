'use client';

import { Button, Group, Title } from '@mantine/core';
import type { RoundDetail } from '@rankloop/contracts';
import Link from 'next/link';
import { YamlDetails } from '../../components/yaml-details.tsx';

/** The settings that were used, to read, copy or start again from. */
export function RoundConfigView({ round, slug }: { round: RoundDetail; slug: string }) {
  return (
    <section className="rl-section" aria-labelledby="config">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4" id="config">
          Settings
        </Title>
        <Button component={Link} href={`/p/${slug}/rounds/new?from=${round.id}`} size="xs" variant="default">
          Start another with these
        </Button>
      </Group>
      <YamlDetails summary="All of them as one YAML document" value={round.config} />
    </section>
  );
}
