'use client';

import { Stack, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Brand } from '../../components/brand.tsx';

/** The narrow page of one form: sign in, invitation, new password. */
export function FormFrame({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="rl-narrow" id="content">
      <Stack gap="lg">
        <Brand />
        <Title order={1} size="h3">
          {title}
        </Title>
        {children}
      </Stack>
    </main>
  );
}
