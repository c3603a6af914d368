import type { Metadata } from 'next';
import { RoundsPage } from '../../../../../features/rounds/rounds-page.tsx';

export const metadata: Metadata = { title: 'Rounds' };

export default function Rounds() {
  return <RoundsPage />;
}
