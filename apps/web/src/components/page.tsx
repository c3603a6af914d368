import './figures.css';
import { Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface PageProps {
  title: ReactNode;
  /** At most one primary button. */
  actions?: ReactNode;
  children: ReactNode;
}

/** The body of a page inside the shell: one heading, what can be done, the content. */
export function Page({ title, actions, children }: PageProps) {
  return (
    <main className="rl-page" id="content">
      <div className="rl-page-head">
        <Title order={1} size="h3">
          {title}
        </Title>
        {actions}
      </div>
      {children}
    </main>
  );
}
