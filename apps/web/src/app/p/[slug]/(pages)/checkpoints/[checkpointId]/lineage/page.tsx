import type { Metadata } from 'next';
import { LineagePage } from '../../../../../../../features/lineage/lineage-page.tsx';

export const metadata: Metadata = { title: 'Lineage' };

interface LineageProps {
  params: Promise<{ checkpointId: string }>;
}

export default async function Lineage({ params }: LineageProps) {
  return <LineagePage checkpointId={(await params).checkpointId} />;
}
