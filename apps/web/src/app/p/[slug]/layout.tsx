import type { ReactNode } from 'react';
import { ProjectGate } from '../../../components/project-gate.tsx';

interface LayoutProps {
  params: Promise<{ slug: string }>;
  children: ReactNode;
}

export default async function ProjectLayout({ params, children }: LayoutProps) {
  return <ProjectGate slug={(await params).slug}>{children}</ProjectGate>;
}
