import type { Metadata } from 'next';
import { CheckpointPage } from '../../../../../../features/checkpoints/checkpoint-page.tsx';

export const metadata: Metadata = { title: 'Checkpoint' };

interface CheckpointProps {
  params: Promise<{ checkpointId: string }>;
}

export default async function Checkpoint({ params }: CheckpointProps) {
  return <CheckpointPage checkpointId={(await params).checkpointId} />;
}
