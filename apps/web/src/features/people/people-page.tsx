'use client';

import { Tabs, Title } from '@mantine/core';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { Page } from '../../components/page.tsx';
import { useMembership } from '../../lib/session.ts';
import { Accounts } from './accounts.tsx';
import { Audit } from './audit.tsx';
import { Invitations } from './invitations.tsx';
import { Invite } from './invite.tsx';
import { Members } from './members.tsx';

const TABS = ['members', 'accounts', 'audit'] as const;

/** Who may do what here. The tab is in the address, so that it can be linked to. */
export function PeoplePage() {
  const { me } = useMembership();
  const router = useRouter();
  const pathname = usePathname();
  const given = useSearchParams().get('tab');
  const tab = TABS.find((name) => name === given) ?? 'members';
  return (
    <Page title="People">
      <Tabs
        value={tab}
        onChange={(value) => router.replace(value === 'members' ? pathname : `${pathname}?tab=${value}`)}
        keepMounted={false}
      >
        <Tabs.List mb="md" aria-label="Parts of this page">
          <Tabs.Tab value="members">Members</Tabs.Tab>
          {me.siteAdmin && <Tabs.Tab value="accounts">All accounts</Tabs.Tab>}
          <Tabs.Tab value="audit">Audit trail</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="members">
          <Invite />
          <Members />
          <section className="rl-section" aria-labelledby="invitations">
            <Title order={2} size="h4" id="invitations">
              Invitations
            </Title>
            <Invitations />
          </section>
        </Tabs.Panel>
        {me.siteAdmin && (
          <Tabs.Panel value="accounts">
            <Accounts />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="audit">
          <Audit />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
