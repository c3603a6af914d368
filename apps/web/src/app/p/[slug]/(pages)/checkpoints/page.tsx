import type { Metadata } from 'next';
import { CheckpointsPage } from '../../../../../features/checkpoints/checkpoints-page.tsx';

export const metadata: Metadata = { title: 'Checkpoints' };

export default function Checkpoints() {
  return <CheckpointsPage />;
}
