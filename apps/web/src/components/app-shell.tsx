'use client';

import { Burger, Text } from '@mantine/core';
import type { Me } from '@rankloop/contracts';
import Link from 'next/link';
import { usePathname, useRouter } from 'next/navigation';
import { useEffect, type ReactNode } from 'react';
import { currentItem, mayOpen, navigationFor } from '../lib/navigation.ts';
import { projectStart, useMembership } from '../lib/session.ts';
import { AccountMenu } from './account-menu.tsx';
import { Brand } from './brand.tsx';
import { Menu, MenuLink } from './menu.tsx';
import { Page } from './page.tsx';
import { ProjectSwitcher } from './project-switcher.tsx';
import { LoadingSkeleton } from './states.tsx';

/** The bar above every page of a project: where am I, what else is there, who am I. */
export function ProjectShell({ children }: { children: ReactNode }) {
  const { me, slug, role } = useMembership();
  const pathname = usePathname();
  const items = navigationFor(role, me.siteAdmin);
  const current = currentItem(items, slug, pathname);
  return (
    <>
      <a className="rl-skip" href="#content">
        Skip to the content
      </a>
      <header className="rl-bar">
        <Menu
          label="Pages"
          button={(target) => <Burger size="sm" hiddenFrom="lg" aria-label="Pages" {...target} />}
        >
          {items.map((item) => (
            <MenuLink key={item.path} href={`/p/${slug}${item.path}`} isCurrent={item === current}>
              {item.label}
            </MenuLink>
          ))}
        </Menu>
        <Brand />
        <ProjectSwitcher me={me} slug={slug} />
        <nav className="rl-nav" aria-label="Pages of the project">
          {items.map((item) => (
            <Link
              key={item.path}
              href={`/p/${slug}${item.path}`}
              aria-current={item === current ? 'page' : undefined}
              className="rl-nav-wide"
            >
              {item.label}
            </Link>
          ))}
        </nav>
        <AccountMenu me={me} />
      </header>
      {mayOpen(role, me.siteAdmin, slug, pathname) ? children : <NotForRole />}
    </>
  );
}

/** Asks the server for nothing that it would refuse. The project's home leads a labeler on to the tasks. */
function NotForRole() {
  const { slug, role } = useMembership();
  const router = useRouter();
  const isHome = usePathname().replace(/\/$/, '') === `/p/${slug}`;
  useEffect(() => {
    if (isHome) router.replace(projectStart(slug, role));
  }, [isHome, router, slug, role]);
  if (isHome) return <LoadingSkeleton />;
  return (
    <Page title="Not for your role">
      <Text mb="md">
        You are {role === 'admin' ? 'an' : 'a'} {role} in this project, and this page needs more rights. An
        admin can give them.
      </Text>
      <Link href={projectStart(slug, role)} className="rl-link">
        {role === 'labeler' ? 'Go on labeling' : 'Go to the home of the project'}
      </Link>
    </Page>
  );
}

/** The bar outside a project. */
export function PlainShell({ me, children }: { me: Me; children: ReactNode }) {
  const only = me.projects.length === 1 ? me.projects[0] : undefined;
  return (
    <>
      <header className="rl-bar">
        <Brand />
        <ProjectSwitcher me={me} slug={only?.slug ?? ''} />
        <div className="rl-nav" />
        <AccountMenu me={me} />
      </header>
      {children}
    </>
  );
}
