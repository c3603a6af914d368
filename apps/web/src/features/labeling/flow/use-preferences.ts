'use client';

import { useLocalStorage } from '@mantine/hooks';

export interface Preferences {
  /** Keys without a modifier run commands (WCAG 2.1.4: can be turned off). */
  singleKeys: boolean;
  raw: boolean;
  differences: boolean;
  unfolded: boolean;
}

const DEFAULTS: Preferences = { singleKeys: true, raw: false, differences: false, unfolded: false };

export function usePreferences() {
  const [preferences, set] = useLocalStorage<Preferences>({
    key: 'rankloop-labeling',
    defaultValue: DEFAULTS,
  });
  return {
    preferences: { ...DEFAULTS, ...preferences },
    toggle: (key: keyof Preferences) =>
      set((now) => ({ ...DEFAULTS, ...now, [key]: !{ ...DEFAULTS, ...now }[key] })),
  };
}
