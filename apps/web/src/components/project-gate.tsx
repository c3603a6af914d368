'use client';

import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useEffect, type ReactNode } from 'react';
import { ApiError } from '../lib/api-client.ts';
import { useLiveNotices } from '../lib/live.ts';
import { signInAddress } from '../lib/safe-next.ts';
import { MembershipProvider, useMe } from '../lib/session.ts';
import { PlainShell } from './app-shell.tsx';
import { Page } from './page.tsx';
import { ErrorState, LoadingSkeleton } from './states.tsx';
import type { Me } from '@rankloop/contracts';

/** Sends a person who is not signed in to the sign-in page and back here afterwards. */
export function SignedIn({ children }: { children: (me: Me) => ReactNode }) {
  const router = useRouter();
  const me = useMe();
  const signedOut = me.error instanceof ApiError && me.error.status === 401;
  useEffect(() => {
    if (!signedOut) return;
    router.replace(signInAddress(here()));
  }, [signedOut, router]);
  if (me.data) {
    return (
      <>
        <FollowSession />
        {children(me.data)}
      </>
    );
  }
  if (me.isPending || signedOut) return <LoadingSkeleton />;
  return (
    <main className="rl-page">
      <ErrorState error={me.error} onRetry={() => void me.refetch()} />
    </main>
  );
}

/** Leaves when the session ends while a page is open, and reads everything afresh when news were missed. */
function FollowSession() {
  const queryClient = useQueryClient();
  useLiveNotices((notice) => {
    if (notice === 'reset') void queryClient.invalidateQueries();
    // A full load drops everything that this page remembers of the person.
    else window.location.replace(signInAddress(here()));
  });
  return null;
}

function here(): string {
  return `${window.location.pathname}${window.location.search}`;
}

/** Finds the project of the address among the reader's own. */
export function ProjectGate({ slug, children }: { slug: string; children: ReactNode }) {
  return (
    <SignedIn>
      {(me) => {
        const project = me.projects.find((candidate) => candidate.slug === slug);
        if (!project) {
          return (
            <PlainShell me={me}>
              <Page title="There is no such project for you">
                <Text mb="md">
                  Either the address is wrong, or you are not a member. An admin of the project can invite
                  you.
                </Text>
                <Link href="/" className="rl-link">
                  Go to your project
                </Link>
              </Page>
            </PlainShell>
          );
        }
        const { id, name, role, isDemo } = project;
        return (
          <MembershipProvider value={{ projectId: id, slug, name, role, isDemo, me }}>
            {children}
          </MembershipProvider>
        );
      }}
    </SignedIn>
  );
}
