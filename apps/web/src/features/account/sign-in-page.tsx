'use client';

import { accountRoutes } from '@rankloop/contracts';
import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearchParams } from 'next/navigation';
import { useState, type SubmitEvent } from 'react';
import { call } from '../../lib/api-client.ts';
import { safeNext } from '../../lib/safe-next.ts';
import { queryKeys } from '../../lib/session.ts';
import { fieldError, FormError } from './form-error.tsx';
import { FormFrame } from './form-frame.tsx';

export function SignInPage() {
  const router = useRouter();
  const search = useSearchParams();
  const queryClient = useQueryClient();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation({
    mutationFn: () => call(accountRoutes.signIn, { body: { email: email.trim(), password } }),
    onSuccess: (me) => {
      queryClient.clear();
      queryClient.setQueryData(queryKeys.me, me);
      router.replace(safeNext(search.get('next')) ?? '/');
    },
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <FormFrame title="Sign in">
      <form onSubmit={onSubmit} method="post">
        <Stack>
          <TextInput
            label="E-mail"
            name="email"
            type="email"
            autoComplete="username"
            required
            withAsterisk={false}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={fieldError(signIn.error, '/email')}
          />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <FormError error={signIn.error} />
          <Button type="submit" loading={signIn.isPending || signIn.isSuccess}>
            Sign in
          </Button>
          <Text size="sm" c="dimmed">
            Accounts are made by invitation. A forgotten password is reset by an admin, who gives you a link.
          </Text>
        </Stack>
      </form>
    </FormFrame>
  );
}
