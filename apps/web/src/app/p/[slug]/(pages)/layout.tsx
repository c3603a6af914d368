import type { ReactNode } from 'react';
import { ProjectShell } from '../../../../components/app-shell.tsx';

export default function PagesLayout({ children }: { children: ReactNode }) {
  return <ProjectShell>{children}</ProjectShell>;
}
