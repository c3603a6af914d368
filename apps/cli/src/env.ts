import { z } from 'zod';

const Env = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:3000'),
  RANKLOOP_DATA_DIR: z.string().min(1),
  RANKLOOP_DEMO: z
    .enum(['0', '1'])
    .default('0')
    .transform((value) => value === '1'),
});

export interface CliConfig {
  databaseUrl: string;
  publicUrl: string;
  dataDir: string;
  isDemo: boolean;
}

/** @throws Error with one plain line per bad variable */
export function readEnv(env: Record<string, string | undefined>): CliConfig {
  const parsed = Env.safeParse(env);
  if (!parsed.success) {
    const names = [...new Set(parsed.error.issues.map(({ path }) => path.join('.')))];
    throw new Error(names.map((name) => `${name} is not set, or is not valid.`).join('\n'));
  }
  const { DATABASE_URL, PUBLIC_URL, RANKLOOP_DATA_DIR, RANKLOOP_DEMO } = parsed.data;
  return {
    databaseUrl: DATABASE_URL,
    publicUrl: PUBLIC_URL,
    dataDir: RANKLOOP_DATA_DIR,
    isDemo: RANKLOOP_DEMO,
  };
}
