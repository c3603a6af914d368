'use client';

import { accountRoutes } from '@rankloop/contracts';
import { Button, PasswordInput, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { call } from '../../lib/api-client.ts';
import { fieldError, FormError } from './form-error.tsx';
import { NewPasswordField } from './password-field.tsx';

export function ChangePassword({ email }: { email: string }) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation({
    mutationFn: () => call(accountRoutes.changePassword, { body: { current, next } }),
    onSuccess: () => {
      setCurrent('');
      setNext('');
    },
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <form onSubmit={onSubmit} method="post">
      <Stack maw={420}>
        {/* Tells a password manager which account is meant. */}
        <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
        <PasswordInput
          label="Current password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
          error={fieldError(change.error, '/current')}
        />
        <NewPasswordField
          label="New password"
          value={next}
          onChange={setNext}
          error={fieldError(change.error, '/next')}
        />
        <FormError error={change.error} />
        {change.isSuccess && (
          <Text size="sm" role="status">
            The password is changed. Your other sessions were ended.
          </Text>
        )}
        <div>
          <Button type="submit" variant="default" loading={change.isPending}>
            Change password
          </Button>
        </div>
      </Stack>
    </form>
  );
}
