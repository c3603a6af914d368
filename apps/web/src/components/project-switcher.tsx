'use client';

import { Menu, UnstyledButton } from '@mantine/core';
import type { Me } from '@rankloop/contracts';
import Link from 'next/link';
import { projectStart } from '../lib/session.ts';

export function ProjectSwitcher({ me, slug }: { me: Me; slug: string }) {
  const current = me.projects.find((project) => project.slug === slug);
  return (
    <Menu position="bottom-start" width={280}>
      <Menu.Target>
        <UnstyledButton className="rl-switcher" px="xs" py={4} fz="sm" fw={500}>
          <span className="rl-switcher-name">{current?.name ?? 'Projects'}</span> <span aria-hidden>▾</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Your projects</Menu.Label>
        {me.projects.map((project) => (
          <Menu.Item
            key={project.id}
            component={Link}
            href={projectStart(project.slug, project.role)}
            rightSection={project.role}
            fw={project.slug === slug ? 600 : 400}
          >
            {project.name}
          </Menu.Item>
        ))}
        {me.siteAdmin && (
          <>
            <Menu.Divider />
            <Menu.Item component={Link} href="/new-project">
              New project
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
