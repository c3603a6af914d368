'use client';

import { useLocalStorage } from '@mantine/hooks';
import { z } from 'zod';

const Preferences = z.object({
  /** Keys without a modifier run commands (WCAG 2.1.4: can be turned off). */
  singleKeys: z.boolean().default(true),
  raw: z.boolean().default(false),
  differences: z.boolean().default(false),
  unfolded: z.boolean().default(false),
});
export type Preferences = z.infer<typeof Preferences>;

const DEFAULTS = Preferences.parse({});

export function usePreferences() {
  const [preferences, set] = useLocalStorage<Preferences>({
    key: 'rankloop-labeling',
    defaultValue: DEFAULTS,
    deserialize: (text) => parsePreferences(text),
  });
  return {
    preferences,
    toggle: (key: keyof Preferences) => set((now) => ({ ...now, [key]: !now[key] })),
  };
}

function parsePreferences(text: string | undefined): Preferences {
  try {
    return Preferences.safeParse(JSON.parse(text ?? '{}')).data ?? DEFAULTS;
  } catch {
    return DEFAULTS;
  }
}
