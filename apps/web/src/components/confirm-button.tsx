'use client';

import { Button, Group, Stack, Text, type ButtonProps } from '@mantine/core';
import type { ReactNode } from 'react';
import { usePopup } from './popup.tsx';

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
  const popup = usePopup({ align: 'end', focus: 'button' });
  return (
    <>
      <Button
        variant="default"
        {...button}
        {...(label === undefined ? {} : { 'aria-label': label })}
        {...popup.target}
        aria-haspopup="dialog"
      >
        {children}
      </Button>
      <div {...popup.box} className="rl-popup rl-confirm" role="dialog" aria-label={confirm}>
        {popup.opened && (
          <Stack gap="sm">
            <Text size="sm">{question}</Text>
            <Group gap="xs">
              <Button
                size="xs"
                variant="outline"
                color="orange"
                onClick={() => {
                  popup.close();
                  onConfirm();
                }}
              >
                {confirm}
              </Button>
              <Button size="xs" variant="subtle" onClick={popup.close}>
                Keep
              </Button>
            </Group>
          </Stack>
        )}
      </div>
    </>
  );
}
