'use client';

import { Stack, Text, Title } from '@mantine/core';
import { PlainShell } from '../../components/app-shell.tsx';
import { Page } from '../../components/page.tsx';
import { SignedIn } from '../../components/project-gate.tsx';
import { ApiTokens } from './api-tokens.tsx';
import { ChangePassword } from './change-password.tsx';

export function AccountPage() {
  return (
    <SignedIn>
      {(me) => (
        <PlainShell me={me}>
          <Page title="Account">
            <Stack gap="xl" maw={760}>
              <section>
                <Text>{me.name}</Text>
                <Text size="sm" c="dimmed">
                  {me.email}
                  {me.siteAdmin ? ', site admin' : ''}
                </Text>
              </section>
              <section aria-labelledby="password-title">
                <Title order={2} size="h4" mb="sm" id="password-title">
                  Password
                </Title>
                <ChangePassword email={me.email} />
              </section>
              <section aria-labelledby="tokens-title">
                <Title order={2} size="h4" mb="xs" id="tokens-title">
                  API tokens
                </Title>
                <ApiTokens />
              </section>
            </Stack>
          </Page>
        </PlainShell>
      )}
    </SignedIn>
  );
}
