import { expect, it } from 'vitest';
import { currentItem, mayOpen, navigationFor } from './navigation.ts';
import { safeNext } from './safe-next.ts';

it('shows a labeler only labeling', () => {
  expect(navigationFor('labeler', false).map((item) => item.label)).toEqual(['Label', 'History']);
});

it('shows more with each role, and the system only to a site admin', () => {
  const researcher = navigationFor('researcher', false).map((item) => item.label);
  const admin = navigationFor('admin', false).map((item) => item.label);
  expect(researcher).not.toContain('People');
  expect(admin).toEqual(expect.arrayContaining([...researcher, 'People', 'Import']));
  expect(admin).not.toContain('System');
  expect(navigationFor('admin', true).map((item) => item.label)).toContain('System');
});

it('marks the page of a detail', () => {
  const items = navigationFor('admin', true);
  expect(currentItem(items, 'demo', '/p/demo/rounds/7')?.label).toBe('Rounds');
  expect(currentItem(items, 'demo', '/p/demo')?.label).toBe('Home');
});

it('opens for a role only the pages that it shows, details included', () => {
  expect(mayOpen('labeler', false, 'demo', '/p/demo/history')).toBe(true);
  expect(mayOpen('labeler', false, 'demo', '/p/demo')).toBe(false);
  expect(mayOpen('labeler', false, 'demo', '/p/demo/rounds/7')).toBe(false);
  expect(mayOpen('researcher', false, 'demo', '/p/demo/rounds/7')).toBe(true);
  expect(mayOpen('admin', false, 'demo', '/p/demo/system')).toBe(false);
});

it('goes only to paths of this site after signing in', () => {
  expect(safeNext('/p/demo/label?lease=1')).toBe('/p/demo/label?lease=1');
  for (const elsewhere of [
    '//evil.test',
    '/\\evil.test',
    '/\t/evil.test',
    'https://evil.test',
    'javascript:alert(1)',
    '',
    null,
  ]) {
    expect(safeNext(elsewhere)).toBeNull();
  }
});
