'use client';

import { Button } from '@mantine/core';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useEffect } from 'react';
import type { Me } from '@rankloop/contracts';
import { PlainShell } from '../../components/app-shell.tsx';
import { SignedIn } from '../../components/project-gate.tsx';
import { EmptyState, LoadingSkeleton } from '../../components/states.tsx';
import { projectStart } from '../../lib/session.ts';
import { lastProject } from '../../lib/last-project.ts';

/** Leads to the project that was open last: labelers to their next task, others to the loop. */
export function StartPage() {
  return <SignedIn>{(me) => <Start me={me} />}</SignedIn>;
}

function Start({ me }: { me: Me }) {
  const router = useRouter();
  const slug = lastProject(me.projects.map((project) => project.slug));
  const project = me.projects.find((candidate) => candidate.slug === slug) ?? me.projects[0];
  useEffect(() => {
    if (project) router.replace(projectStart(project.slug, project.role));
  }, [project, router]);
  if (project) return <LoadingSkeleton />;
  return (
    <PlainShell me={me}>
      <main className="rl-page" id="content">
        <EmptyState
          title="You are in no project yet"
          action={
            me.siteAdmin && (
              <Button component={Link} href="/new-project">
                New project
              </Button>
            )
          }
        >
          A project holds prompts, the outputs to judge and the rounds that train on the answers. An admin of
          a project can send you an invitation link.
        </EmptyState>
      </main>
    </PlainShell>
  );
}
