import type { Metadata } from 'next';
import { JudgementPage } from '../../../../../../features/judgements/judgement-page.tsx';

export const metadata: Metadata = { title: 'Judgement' };

interface JudgementProps {
  params: Promise<{ judgementId: string }>;
}

export default async function Judgement({ params }: JudgementProps) {
  return <JudgementPage judgementId={(await params).judgementId} />;
}
