'use client';

import { accountRoutes } from '@rankloop/contracts';
import { Anchor, Button, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import Link from 'next/link';
import { useState, type SubmitEvent } from 'react';
import { call } from '../../lib/api-client.ts';
import { BrokenLink } from './broken-link.tsx';
import { fieldError, FormError } from './form-error.tsx';
import { FormFrame } from './form-frame.tsx';
import { isWhole, useLinkToken } from './link-token.ts';
import { NewPasswordField } from './password-field.tsx';

export function ResetPage() {
  const token = useLinkToken();
  const [password, setPassword] = useState('');
  const reset = useMutation({
    mutationFn: () => call(accountRoutes.resetPassword, { body: { token: token ?? '', password } }),
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    reset.mutate();
  };
  if (reset.isSuccess) {
    return (
      <FormFrame title="The new password is set">
        <Text>All sessions of your account were ended.</Text>
        <Anchor component={Link} href="/sign-in" className="rl-link">
          Sign in
        </Anchor>
      </FormFrame>
    );
  }
  if (token !== undefined && !isWhole(token)) return <BrokenLink title="This link cannot be used" />;
  return (
    <FormFrame title="Choose a new password">
      <form onSubmit={onSubmit} method="post">
        <Stack>
          <NewPasswordField
            label="New password"
            value={password}
            onChange={setPassword}
            error={fieldError(reset.error, '/password')}
          />
          <FormError error={reset.error} />
          <Button type="submit" loading={reset.isPending}>
            Set password
          </Button>
        </Stack>
      </form>
    </FormFrame>
  );
}
