'use client';

import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, useEffectEvent } from 'react';
import { clockTime } from '../../../lib/time.ts';
import type { Flow } from '../flow/flow.ts';
import { useStats } from '../flow/use-progress.ts';

const LOOK_AT_MOST_EVERY_MS = 5000;
const LOOK_AT_LEAST_EVERY_MS = 60_000;

interface DoneViewProps {
  done: Extract<Flow, { phase: 'done' }>;
  projectId: string;
  onLook: () => void;
  onBack: () => void;
}

export function DoneView({ done, projectId, onLook, onBack }: DoneViewProps) {
  const stats = useStats(projectId).data;
  const look = useEffectEvent(onLook);
  const { mayReturnAt } = done;
  useEffect(() => {
    const until =
      mayReturnAt === null ? LOOK_AT_LEAST_EVERY_MS : new Date(mayReturnAt).getTime() - Date.now() + 1000;
    const wait = Math.min(LOOK_AT_LEAST_EVERY_MS, Math.max(LOOK_AT_MOST_EVERY_MS, until));
    const timer = setTimeout(() => look(), wait);
    return () => clearTimeout(timer);
  }, [mayReturnAt]);
  return (
    <Stack gap="md" align="flex-start" maw={560}>
      <Title order={1} size="h3">
        Nothing left for you
      </Title>
      <Text>{withOthersText(done.withOthers, mayReturnAt)} New tasks appear here by themselves.</Text>
      {stats && (
        <Text size="sm" c="dimmed">
          You have answered {stats.doneToday} today, {stats.doneTotal} in all.
        </Text>
      )}
      <Group gap="xs">
        <Button variant="default" onClick={onLook}>
          Look again
        </Button>
        {stats?.doneTotal !== 0 && (
          <Button variant="subtle" onClick={onBack}>
            Back to the last answer
          </Button>
        )}
      </Group>
    </Stack>
  );
}

/** "7 tasks are with others and may return about 11:05." */
export function withOthersText(count: number, mayReturnAt: string | null): string {
  if (count === 0) return 'Every task has its answers.';
  const tasks = count === 1 ? '1 task is with somebody else' : `${count} tasks are with others`;
  return mayReturnAt === null
    ? `${tasks}.`
    : `${tasks} and may return about ${clockTime(new Date(mayReturnAt))}.`;
}
