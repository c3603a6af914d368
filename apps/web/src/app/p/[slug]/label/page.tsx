import type { Metadata } from 'next';
import { LabelPage } from '../../../../features/labeling/label-page.tsx';

export const metadata: Metadata = { title: 'Label' };

export default function Label() {
  return <LabelPage />;
}
