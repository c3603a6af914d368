'use client';

import { Button, CloseButton, Stack, Textarea } from '@mantine/core';
import type { SkipReason } from '@rankloop/contracts';
import { useEffect, useRef, type KeyboardEvent } from 'react';

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

/**
 * Why a task is skipped: one digit or one click sends it. The browser's own dialog: it is there with the task, also
 * when the network is gone.
 */
export function SkipDialog({ opened, comment, onComment, onSkip, onClose }: SkipDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (!opened) return undefined;
    const element = dialog.current;
    element?.showModal();
    element?.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    return () => element?.close();
  }, [opened]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLTextAreaElement || event.ctrlKey || event.metaKey || event.altKey) return;
    const chosen = REASONS[Number(event.key) - 1];
    if (!chosen || event.repeat) return;
    event.preventDefault();
    onSkip(chosen.reason);
  };
  return (
    <dialog
      ref={dialog}
      className="lab-dialog"
      aria-labelledby="skip-title"
      aria-modal={opened}
      onClose={() => !dialog.current?.open && onClose()}
      // The dialog fills its own box: what is pressed is itself only beside that.
      onPointerDown={(event) => event.target === event.currentTarget && onClose()}
    >
      {opened && (
        <Stack gap="xs" p="md" onKeyDown={onKeyDown}>
          <div className="lab-dialog-head">
            <h2 id="skip-title">Why do you skip this task?</h2>
            <CloseButton aria-label="Close" onClick={onClose} />
          </div>
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
      )}
    </dialog>
  );
}
