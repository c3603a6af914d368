import { LinkToken } from '@rankloop/contracts';
import { useSyncExternalStore } from 'react';

/** The secret of a link: in the fragment, which is never sent to a server, or in the query. */
export function tokenOf(hash: string, search: string): string {
  const fragment = hash.replace(/^#/, '');
  const inFragment = fragment.includes('=') ? new URLSearchParams(fragment).get('token') : fragment;
  return inFragment || (new URLSearchParams(search).get('token') ?? '');
}

/** Whether a link came whole: mail programs and chats cut long ones. */
export function isWhole(token: string): boolean {
  return LinkToken.safeParse(token).success;
}

/** The token of this page's address; undefined until the browser has it. */
export function useLinkToken(): string | undefined {
  return useSyncExternalStore(
    (onChange) => {
      window.addEventListener('hashchange', onChange);
      return () => window.removeEventListener('hashchange', onChange);
    },
    () => tokenOf(window.location.hash, window.location.search),
    () => undefined,
  );
}
