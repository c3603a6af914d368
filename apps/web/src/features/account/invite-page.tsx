'use client';

import { Button, Stack, Text, TextInput } from '@mantine/core';
import { accountRoutes, type RouteOutput } from '@rankloop/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState, type SubmitEvent } from 'react';
import { LoadingSkeleton } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { queryKeys } from '../../lib/session.ts';
import { exactTime, relativeTime } from '../../lib/time.ts';
import { BrokenLink } from './broken-link.tsx';
import { fieldError, FormError } from './form-error.tsx';
import { FormFrame } from './form-frame.tsx';
import { isWhole, useLinkToken } from './link-token.ts';
import { NewPasswordField } from './password-field.tsx';

type Info = RouteOutput<'readInvitation'>;

const UNUSABLE = 'This invitation cannot be used';

/** Opens an invitation link: says what it offers, and takes it only when the person agrees. */
export function InvitePage() {
  const token = useLinkToken();
  const info = useQuery({
    queryKey: ['account', 'invitation', token],
    queryFn: ({ signal }) => call(accountRoutes.readInvitation, { body: { token: token ?? '' } }, { signal }),
    enabled: token !== undefined && isWhole(token),
    retry: false,
    refetchOnWindowFocus: false,
  });
  if (token !== undefined && !isWhole(token)) return <BrokenLink title={UNUSABLE} />;
  if (token === undefined || info.isPending) {
    return (
      <FormFrame title="Invitation">
        <LoadingSkeleton lines={3} />
      </FormFrame>
    );
  }
  if (!info.data) {
    return (
      <BrokenLink title={UNUSABLE}>
        <FormError error={info.error} />
      </BrokenLink>
    );
  }
  const { memberOf, projectName } = info.data;
  if (memberOf) {
    return (
      <FormFrame title={projectName ?? 'Invitation'}>
        <Text size="sm">You are in this project already. The link stays good for somebody else.</Text>
        <Button component={Link} href={`/p/${memberOf.slug}`}>
          Open the project
        </Button>
      </FormFrame>
    );
  }
  return <Accept token={token} info={info.data} />;
}

function Accept({ token, info }: { token: string; info: Info }) {
  const router = useRouter();
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const [email, setEmail] = useState(info.email ?? '');
  const [password, setPassword] = useState('');
  const accept = useMutation({
    mutationFn: () =>
      call(accountRoutes.acceptInvitation, {
        body:
          info.signedInAs === null ? { token, account: { name, email: email.trim(), password } } : { token },
      }),
    onSuccess: (me) => {
      queryClient.clear();
      queryClient.setQueryData(queryKeys.me, me);
      router.replace('/');
    },
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    accept.mutate();
  };
  const expires = new Date(info.expiresAt);
  return (
    <FormFrame title={info.projectName === null ? 'Join Rankloop' : `Join ${info.projectName}`}>
      <Text size="sm">
        You are invited{info.role === null ? '' : ` as ${info.role}`}. The link ends{' '}
        {relativeTime(expires, new Date())} ({exactTime(expires)}).
      </Text>
      <form onSubmit={onSubmit} method="post">
        <Stack>
          {info.signedInAs === null ? (
            <>
              <TextInput
                label="Name"
                name="name"
                autoComplete="name"
                required
                withAsterisk={false}
                maxLength={100}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                error={fieldError(accept.error, '/account/name')}
              />
              <TextInput
                label="E-mail"
                name="email"
                type="email"
                autoComplete="username"
                required
                withAsterisk={false}
                readOnly={info.email !== null}
                value={email}
                onChange={(event) => setEmail(event.currentTarget.value)}
                error={fieldError(accept.error, '/account/email')}
              />
              <NewPasswordField
                label="Password"
                value={password}
                onChange={setPassword}
                error={fieldError(accept.error, '/account/password')}
              />
            </>
          ) : (
            <Text size="sm">You are signed in as {info.signedInAs} and join with this account.</Text>
          )}
          <FormError error={accept.error} />
          <Button type="submit" loading={accept.isPending || accept.isSuccess}>
            Join
          </Button>
        </Stack>
      </form>
    </FormFrame>
  );
}
