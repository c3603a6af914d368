import type { Metadata } from 'next';
import { LabelerLineagePage } from '../../../../../../../features/lineage/labeler-lineage-page.tsx';

export const metadata: Metadata = { title: 'What a labeler taught' };

interface LabelerLineageProps {
  params: Promise<{ userId: string }>;
}

export default async function LabelerLineage({ params }: LabelerLineageProps) {
  return <LabelerLineagePage userId={(await params).userId} />;
}
