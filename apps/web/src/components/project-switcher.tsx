'use client';

import { UnstyledButton } from '@mantine/core';
import type { Me } from '@rankloop/contracts';
import { projectStart } from '../lib/session.ts';
import { Menu, MenuDivider, MenuLabel, MenuLink } from './menu.tsx';

export function ProjectSwitcher({ me, slug }: { me: Me; slug: string }) {
  const current = me.projects.find((project) => project.slug === slug);
  return (
    <Menu
      label="Projects"
      widthPx={280}
      button={(target) => (
        <UnstyledButton className="rl-switcher" px="xs" py={4} fz="sm" fw={500} {...target}>
          <span className="rl-switcher-name">{current?.name ?? 'Projects'}</span> <span aria-hidden>▾</span>
        </UnstyledButton>
      )}
    >
      <MenuLabel>Your projects</MenuLabel>
      {me.projects.map((project) => (
        <MenuLink
          key={project.id}
          href={projectStart(project.slug, project.role)}
          isCurrent={project.slug === slug}
          note={project.role}
        >
          {project.name}
        </MenuLink>
      ))}
      {me.siteAdmin && (
        <>
          <MenuDivider />
          <MenuLink href="/new-project">New project</MenuLink>
        </>
      )}
    </Menu>
  );
}
