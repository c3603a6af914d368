'use client';

import { Button, Group, Popover, Stack, Text, type ButtonProps } from '@mantine/core';
import { useState, type ReactNode } from 'react';

interface ConfirmButtonProps extends ButtonProps {
  /** What happens, and what is safe. */
  question: ReactNode;
  /** The words on the button that does it. */
  confirm: string;
  onConfirm: () => void;
  label?: string;
}

/** A button that asks first, in words that say what will happen. */
export function ConfirmButton(props: ConfirmButtonProps) {
  const { question, confirm, onConfirm, label, children, ...button } = props;
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} width={300} position="bottom-end" trapFocus withArrow>
      <Popover.Target>
        <Button
          variant="default"
          {...button}
          {...(label === undefined ? {} : { 'aria-label': label })}
          onClick={() => setOpened(!opened)}
        >
          {children}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={confirm}>
        <Stack gap="sm">
          <Text size="sm">{question}</Text>
          <Group gap="xs">
            <Button
              size="xs"
              variant="outline"
              color="orange"
              onClick={() => {
                setOpened(false);
                onConfirm();
              }}
            >
              {confirm}
            </Button>
            <Button size="xs" variant="subtle" onClick={() => setOpened(false)}>
              Keep
            </Button>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
