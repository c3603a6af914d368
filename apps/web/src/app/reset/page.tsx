import type { Metadata } from 'next';
import { ResetPage } from '../../features/account/reset-page.tsx';

export const metadata: Metadata = { title: 'New password', referrer: 'no-referrer' };

export default function Reset() {
  return <ResetPage />;
}
