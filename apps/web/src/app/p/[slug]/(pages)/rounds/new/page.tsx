import type { Metadata } from 'next';
import { StartRoundPage } from '../../../../../../features/rounds/start-round-page.tsx';

export const metadata: Metadata = { title: 'Start a round' };

export default function StartRound() {
  return <StartRoundPage />;
}
