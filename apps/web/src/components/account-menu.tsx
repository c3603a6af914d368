'use client';

import { UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { accountRoutes, type Me } from '@rankloop/contracts';
import { call } from '../lib/api-client.ts';
import { Menu, MenuDivider, MenuItem, MenuLabel, MenuLink } from './menu.tsx';

const SCHEMES = [
  { value: 'auto', label: 'Colours of the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const;

export function AccountMenu({ me }: { me: Me }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const queryClient = useQueryClient();
  const signOut = async () => {
    await call(accountRoutes.signOut, {}).catch(() => undefined);
    queryClient.clear();
    // A full load drops everything that this page remembers of the person.
    window.location.assign('/sign-in');
  };
  return (
    <Menu
      label="Account"
      align="end"
      widthPx={240}
      button={(target) => (
        <UnstyledButton
          px="xs"
          py={4}
          fz="sm"
          aria-label={`${initials(me.name)}: account of ${me.name}`}
          {...target}
        >
          {initials(me.name)}
        </UnstyledButton>
      )}
    >
      <MenuLabel>
        {me.name}
        <br />
        {me.email}
      </MenuLabel>
      <MenuLink href="/account">Account and API tokens</MenuLink>
      <MenuDivider />
      {SCHEMES.map(({ value, label }) => (
        <MenuItem key={value} checked={colorScheme === value} onClick={() => setColorScheme(value)}>
          {label}
        </MenuItem>
      ))}
      <MenuDivider />
      <MenuItem onClick={() => void signOut()}>Sign out</MenuItem>
    </Menu>
  );
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== '');
  return words.length === 0
    ? '?'
    : words
        .slice(0, 2)
        .map((word) => Array.from(word)[0]?.toUpperCase())
        .join('');
}
