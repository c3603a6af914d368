'use client';

import { Button, Group, Text, Title } from '@mantine/core';
import type { LoopState } from '@rankloop/contracts';
import Link from 'next/link';
import { roleAtLeast } from '@rankloop/contracts';
import { useMembership } from '../../lib/session.ts';
import { Simulation } from './simulation.tsx';

type Action = LoopState['next']['action'];

const LINKS: Partial<Record<Action, { label: string; path: string }>> = {
  import: { label: 'Import a file', path: '/import' },
  label: { label: 'Label', path: '/label' },
  start_round: { label: 'Start round', path: '/rounds/new' },
};

/** What happens next and why, with the one button for it. */
export function NextStep({ loop }: { loop: LoopState }) {
  const { slug, role, isDemo } = useMembership();
  const { sentence, action } = loop.next;
  const { activeRound } = loop;
  const link =
    action === 'watch_round' && activeRound
      ? { label: 'Watch the round', path: `/rounds/${activeRound.id}` }
      : LINKS[action];
  const mayFollow = action !== 'import' || roleAtLeast(role, 'admin');
  const canStart = activeRound === null && action !== 'start_round' && loop.judgements.count > 0;
  return (
    <section className="home-part" aria-labelledby="next-step">
      <Title order={2} size="h5" id="next-step">
        Next
      </Title>
      <Text mt={4} mb="sm">
        {sentence}
      </Text>
      <Group gap="xs">
        {link && mayFollow && (
          <Button component={Link} href={`/p/${slug}${link.path}`}>
            {link.label}
          </Button>
        )}
        {canStart && (
          <Button component={Link} href={`/p/${slug}/rounds/new`} variant="default">
            Start round
          </Button>
        )}
        {action === 'simulate' && (
          <Button component={Link} href={`/p/${slug}/label`} variant="default">
            Label
          </Button>
        )}
      </Group>
      {isDemo && <Simulation isPrimary={action === 'simulate'} outputs={loop.outputs} />}
    </section>
  );
}
