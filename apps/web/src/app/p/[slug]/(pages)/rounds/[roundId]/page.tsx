import type { Metadata } from 'next';
import { RoundPage } from '../../../../../../features/rounds/round-page.tsx';

export const metadata: Metadata = { title: 'Round' };

interface RoundProps {
  params: Promise<{ roundId: string }>;
}

export default async function Round({ params }: RoundProps) {
  return <RoundPage roundId={(await params).roundId} />;
}
