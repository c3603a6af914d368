import type { Metadata } from 'next';
import { JudgementsPage } from '../../../../../features/judgements/judgements-page.tsx';

export const metadata: Metadata = { title: 'Judgements' };

export default function Judgements() {
  return <JudgementsPage />;
}
