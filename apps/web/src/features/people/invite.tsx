'use client';

import { Button, Group, NumberInput, TextInput, Title } from '@mantine/core';
import { accountRoutes, Role } from '@rankloop/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { Choice } from '../../components/choice.tsx';
import { OneTimeLink } from '../../components/one-time-link.tsx';
import { call } from '../../lib/api-client.ts';
import { useMembership } from '../../lib/session.ts';
import { fieldError, FormError } from '../account/form-error.tsx';
import { ROLE_HELP, ROLES } from './roles.ts';

const DEFAULT_HOURS = 72;

/** Makes a link that lets one person in. */
export function Invite() {
  const { projectId } = useMembership();
  const queryClient = useQueryClient();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('labeler');
  const [hours, setHours] = useState<number | string>(DEFAULT_HOURS);
  const create = useMutation({
    mutationFn: () =>
      call(accountRoutes.createInvitation, {
        params: { projectId },
        body: {
          role,
          expiresInHours: typeof hours === 'number' ? hours : DEFAULT_HOURS,
          ...(email.trim() === '' ? {} : { email: email.trim() }),
        },
      }),
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: ['people', 'invitations', projectId] }),
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    create.mutate();
  };
  if (create.data) {
    const done = () => {
      setEmail('');
      create.reset();
    };
    const title = `Invitation${email === '' ? '' : ` for ${email.trim()}`} as ${role}`;
    return (
      <div style={{ marginBottom: 16 }}>
        <OneTimeLink link={create.data} title={title} onDone={done} />
      </div>
    );
  }
  return (
    <form onSubmit={onSubmit} aria-labelledby="invite">
      <Title order={2} size="h4" id="invite" mb="xs">
        Invite a person
      </Title>
      <Group className="rl-filters" align="flex-start">
        <TextInput
          label="E-mail (may stay empty)"
          description="Only this address may use the link."
          type="email"
          w={260}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={fieldError(create.error, '/email')}
        />
        <Choice
          label="Role"
          description={ROLE_HELP[role]}
          w={260}
          data={[...ROLES]}
          value={role}
          onChange={(value) => setRole(Role.safeParse(value).data ?? role)}
        />
        <NumberInput
          label="Ends after, hours"
          description="At most 30 days."
          w={150}
          min={1}
          max={720}
          allowDecimal={false}
          value={hours}
          onChange={setHours}
        />
        <Button type="submit" mt={46} loading={create.isPending}>
          Make a link
        </Button>
      </Group>
      <FormError error={create.error} />
    </form>
  );
}
