import type { Metadata } from 'next';
import { InvitePage } from '../../features/account/invite-page.tsx';

export const metadata: Metadata = { title: 'Invitation', referrer: 'no-referrer' };

export default function Invite() {
  return <InvitePage />;
}
