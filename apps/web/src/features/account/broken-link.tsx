import { Anchor, Text } from '@mantine/core';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { FormFrame } from './form-frame.tsx';

interface BrokenLinkProps {
  title: string;
  /** Why, where the server has said so. */
  children?: ReactNode;
}

/** A secret link that leads nowhere: used up, too late, or cut off on its way. */
export function BrokenLink({ title, children }: BrokenLinkProps) {
  return (
    <FormFrame title={title}>
      {children ?? <Text size="sm">The address is not complete. Copy the whole link, up to its end.</Text>}
      <Text size="sm">
        Each link works once and for a limited time. Ask the person who sent it for a new one.
      </Text>
      <Anchor component={Link} href="/sign-in" className="rl-link" size="sm">
        Sign in with an account that exists
      </Anchor>
    </FormFrame>
  );
}
