import type { Metadata } from 'next';
import { JudgementLineagePage } from '../../../../../../../features/lineage/judgement-lineage-page.tsx';

export const metadata: Metadata = { title: 'What a judgement taught' };

interface JudgementLineageProps {
  params: Promise<{ judgementId: string }>;
}

export default async function JudgementLineage({ params }: JudgementLineageProps) {
  return <JudgementLineagePage judgementId={(await params).judgementId} />;
}
