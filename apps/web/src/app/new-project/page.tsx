import type { Metadata } from 'next';
import { NewProjectPage } from '../../features/projects/new-project-page.tsx';

export const metadata: Metadata = { title: 'New project' };

export default function NewProject() {
  return <NewProjectPage />;
}
