import type { Metadata } from 'next';
import { ImportsPage } from '../../../../../features/imports/imports-page.tsx';

export const metadata: Metadata = { title: 'Import' };

export default function Import() {
  return <ImportsPage />;
}
