'use client';

import { Button, Drawer, Group, Stack, Text } from '@mantine/core';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { useMembership } from '../../../lib/session.ts';
import type { OutboxItem } from '../outbox/outbox-item.ts';
import { useOutbox } from '../outbox/use-outbox.ts';

interface OutboxSheetProps {
  opened: boolean;
  onClose: () => void;
  onReopen: (item: OutboxItem) => Promise<void>;
}

/** What is still in this browser and why. */
export function OutboxSheet({ opened, onClose, onReopen }: OutboxSheetProps) {
  const { me, projectId } = useMembership();
  const { outbox, state } = useOutbox(me.id);
  const waiting = state.items.filter((item) => item.refusal === undefined);
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      title="Outbox"
      position="right"
      size="md"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="md">
        {state.items.length === 0 && (
          <Text size="sm">
            Everything that you answered has arrived. Answers wait here while the network is away.
          </Text>
        )}
        {waiting.length > 0 && (
          <Group justify="space-between">
            <Text size="sm">{blockedText(state.blocked, waiting.length)}</Text>
            <Button size="xs" variant="default" onClick={() => outbox.retryNow()}>
              Send now
            </Button>
          </Group>
        )}
        {state.items.map((item) => (
          <div key={item.leaseId} className="lab-outbox-item">
            <Text size="sm" lineClamp={2}>
              {item.title === '' ? 'A task' : item.title}
            </Text>
            <Text size="xs" c="dimmed">
              Answered <RelativeTime at={new Date(item.queuedAt).toISOString()} />
            </Text>
            {item.refusal && (
              <>
                <Text size="sm" className="lab-outbox-reason">
                  Not accepted: {item.refusal.detail ?? item.refusal.title}
                </Text>
                <Group gap="xs">
                  {item.projectId === projectId && (
                    <Button size="xs" variant="default" onClick={() => void onReopen(item)}>
                      Open it again
                    </Button>
                  )}
                  <Button size="xs" variant="subtle" color="gray" onClick={() => outbox.take(item.leaseId)}>
                    Throw it away
                  </Button>
                </Group>
              </>
            )}
          </div>
        ))}
      </Stack>
    </Drawer>
  );
}

function blockedText(blocked: 'retry' | 'sign-in' | null, count: number): string {
  const answers = count === 1 ? '1 answer waits' : `${count} answers wait`;
  if (blocked === 'sign-in') return `${answers} until you sign in again. They stay in this browser.`;
  return `${answers} for the network and will be sent by themselves.`;
}
