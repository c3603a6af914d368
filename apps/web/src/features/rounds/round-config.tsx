'use client';

import { Button, Group, Title } from '@mantine/core';
import type { RoundDetail } from '@rankloop/contracts';
import Link from 'next/link';
import { lazy, Suspense, useState } from 'react';
import { LoadingSkeleton } from '../../components/states.tsx';

// What writes YAML is large: it comes to who asks for it.
const RoundYaml = lazy(() => import('./round-yaml-view.tsx').then((part) => ({ default: part.RoundYaml })));

/** The settings that were used, to read, copy or start again from. */
export function RoundConfigView({ round, slug }: { round: RoundDetail; slug: string }) {
  const [isOpen, setIsOpen] = useState(false);
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
      <details
        className="rounds-more-curves"
        open={isOpen}
        onToggle={(event) => setIsOpen(event.currentTarget.open)}
      >
        <summary>All of them as one YAML document</summary>
        {isOpen && (
          <Suspense fallback={<LoadingSkeleton lines={12} />}>
            <RoundYaml config={round.config} />
          </Suspense>
        )}
      </details>
    </section>
  );
}
