import { roleAtLeast, type Role } from '@rankloop/contracts';

export interface NavigationItem {
  label: string;
  /** Below `/p/<slug>`; empty for the project's home. */
  path: string;
  least: Role;
  /** Needs more than a role in the project. */
  siteAdmin?: boolean;
}

const LABELING: NavigationItem[] = [
  { label: 'Label', path: '/label', least: 'labeler' },
  { label: 'History', path: '/history', least: 'labeler' },
];
const RESEARCH: NavigationItem[] = [
  { label: 'Home', path: '', least: 'researcher' },
  { label: 'Rounds', path: '/rounds', least: 'researcher' },
  { label: 'Checkpoints', path: '/checkpoints', least: 'researcher' },
  { label: 'Playground', path: '/playground', least: 'researcher' },
  { label: 'Judgements', path: '/judgements', least: 'researcher' },
  { label: 'Prompts', path: '/prompts', least: 'researcher' },
  { label: 'Budget', path: '/budget', least: 'researcher' },
  { label: 'Datasets', path: '/datasets', least: 'researcher' },
  { label: 'Import', path: '/import', least: 'admin' },
  { label: 'People', path: '/people', least: 'admin' },
  { label: 'Settings', path: '/settings', least: 'admin' },
  { label: 'System', path: '/system', least: 'admin', siteAdmin: true },
];

export function navigationFor(role: Role, siteAdmin: boolean): NavigationItem[] {
  return [...RESEARCH, ...LABELING].filter(
    (item) => roleAtLeast(role, item.least) && (item.siteAdmin !== true || siteAdmin),
  );
}

/** Whether a person's role opens the page at `pathname`; the server decides for itself. */
export function mayOpen(role: Role, siteAdmin: boolean, slug: string, pathname: string): boolean {
  const item = currentItem([...RESEARCH, ...LABELING], slug, pathname);
  return item === undefined || navigationFor(role, siteAdmin).includes(item);
}

/** The item that a path belongs to: the longest that it starts with. */
export function currentItem(
  items: readonly NavigationItem[],
  slug: string,
  pathname: string,
): NavigationItem | undefined {
  const below = pathname.slice(`/p/${slug}`.length);
  return (
    items.find((item) => item.path !== '' && (below === item.path || below.startsWith(`${item.path}/`))) ??
    items.find((item) => item.path === '' && (below === '' || below === '/'))
  );
}
