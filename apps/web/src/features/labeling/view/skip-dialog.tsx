'use client';

import { Button, Modal, Stack, Textarea } from '@mantine/core';
import type { SkipReason } from '@rankloop/contracts';
import type { KeyboardEvent } from 'react';

const REASONS: { reason: SkipReason; label: string }[] = [
  { reason: 'unclear', label: 'The task is unclear' },
  { reason: 'no_expertise', label: 'I do not know enough about this' },
  { reason: 'offensive', label: 'It is offensive or disturbing' },
  { reason: 'broken', label: 'The text is broken or cut off' },
  { reason: 'other', label: 'Another reason' },
];

interface SkipDialogProps {
  opened: boolean;
  comment: string;
  onComment: (text: string) => void;
  onSkip: (reason: SkipReason) => void;
  onClose: () => void;
}

/** Why a task is skipped: one digit or one click sends it. */
export function SkipDialog({ opened, comment, onComment, onSkip, onClose }: SkipDialogProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLTextAreaElement || event.ctrlKey || event.metaKey || event.altKey) return;
    const chosen = REASONS[Number(event.key) - 1];
    if (!chosen || event.repeat) return;
    event.preventDefault();
    onSkip(chosen.reason);
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Why do you skip this task?"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="xs" pt={4} onKeyDown={onKeyDown}>
        {REASONS.map(({ reason, label }, i) => (
          <Button
            key={reason}
            variant="default"
            justify="space-between"
            rightSection={<kbd>{i + 1}</kbd>}
            onClick={() => onSkip(reason)}
            {...(i === 0 ? { 'data-autofocus': true } : {})}
          >
            {label}
          </Button>
        ))}
        <Textarea
          label="Comment (optional)"
          autosize
          minRows={2}
          value={comment}
          onChange={(event) => onComment(event.currentTarget.value)}
        />
      </Stack>
    </Modal>
  );
}
