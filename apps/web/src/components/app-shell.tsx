'use client';

import { Burger, Menu } from '@mantine/core';
import type { Me } from '@rankloop/contracts';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { currentItem, navigationFor } from '../lib/navigation.ts';
import { useMembership } from '../lib/session.ts';
import { AccountMenu } from './account-menu.tsx';
import { Brand } from './brand.tsx';
import { ProjectSwitcher } from './project-switcher.tsx';

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
        <Menu position="bottom-start">
          <Menu.Target>
            <Burger size="sm" hiddenFrom="lg" aria-label="Pages" />
          </Menu.Target>
          <Menu.Dropdown>
            {items.map((item) => (
              <Menu.Item key={item.path} component={Link} href={`/p/${slug}${item.path}`}>
                {item.label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
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
      {children}
    </>
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
