import { expect, test } from 'vitest';
import { isForSignedIn, safeNext, signInAddress } from './safe-next.ts';

test('who signs in is led back to the page that was asked for', () => {
  const wanted = '/p/reviews/rounds?state=failed&recipe=dpo';
  const next = new URL(signInAddress(wanted), 'http://here').searchParams.get('next');
  expect(safeNext(next)).toBe(wanted);
  expect(signInAddress('/')).toBe('/sign-in');
});

test.each(['//elsewhere.test/', '/\\elsewhere.test', 'https://elsewhere.test', null])(
  'nobody is led away from this site: %s',
  (next) => {
    expect(safeNext(next)).toBeNull();
  },
);

test('only pages that need a session ask for one first', () => {
  for (const path of ['/', '/account', '/new-project', '/p/reviews', '/p/reviews/rounds/1'])
    expect(isForSignedIn(path)).toBe(true);
  for (const path of ['/sign-in', '/invite', '/reset', '/nothing-here', '/accounts'])
    expect(isForSignedIn(path)).toBe(false);
});
