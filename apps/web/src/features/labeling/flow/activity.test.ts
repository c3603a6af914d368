import { expect, it } from 'vitest';
import { countActivity, IDLE_AFTER_MS, setVisible, startActivity, touch } from './activity.ts';

it('counts time while the person is there', () => {
  const activity = touch(touch(startActivity(0, 500, true), 10_000), 25_000);
  expect(activity.activeMs).toBe(25_500);
});

it('stops counting when nothing is touched for a while, and begins again with the next touch', () => {
  const away = countActivity(startActivity(0, 0, true), 600_000);
  expect(away.activeMs).toBe(IDLE_AFTER_MS);
  const back = touch(touch(away, 700_000), 705_000);
  expect(back.activeMs).toBe(IDLE_AFTER_MS + 5000);
});

it('does not count while the page is hidden', () => {
  const hidden = setVisible(startActivity(0, 0, true), 5000, false);
  const shown = setVisible(countActivity(hidden, 50_000), 60_000, true);
  expect(countActivity(shown, 62_000).activeMs).toBe(7000);
});
