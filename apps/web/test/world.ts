import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Role } from '@rankloop/contracts';
import {
  createProject,
  createTask,
  createTestDatabase,
  createUser,
  eventually,
  programFile,
  type CreateProjectOptions,
  type TestDatabase,
} from '@rankloop/testkit';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '../../..');
const STANDALONE = join(ROOT, 'apps/web/.next/standalone/apps/web');
const PASSWORD = 'a sentence nobody guesses';

export interface Account {
  email: string;
  password: string;
}

export interface World {
  origin: string;
  db: TestDatabase['db'];
  browser: Browser;
  /** A project with tasks whose outputs are these texts. */
  createProject(
    options: CreateProjectOptions & { tasks: readonly (readonly string[])[] },
  ): Promise<{ id: string; slug: string }>;
  /** Who signs in to the demo project, where the world has it. */
  demoAccount(role: Role): Account;
  /** The path of a link that nobody has used. */
  createInvitation(projectId: string, role: Role): Promise<string>;
  /** A person who took an invitation, as everybody does. */
  createPerson(projectId: string, role: Role): Promise<Account>;
  /** A fresh browser profile, signed in. */
  signIn(
    account: Account,
    options?: Parameters<Browser['newContext']>[0],
  ): Promise<{ context: BrowserContext; page: Page }>;
  /** Stops the API, does something, and starts it again at the same address. */
  restartApi(whileAway: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export interface StartWorldOptions {
  /** With the demo project loaded, and a worker that runs rounds. */
  demo?: boolean;
}

/** The real thing on ports of its own: database, API as the front door, pages behind it, a browser. */
export async function startWorld({ demo = false }: StartWorldOptions = {}): Promise<World> {
  if (!existsSync(join(STANDALONE, 'server.js'))) {
    throw new Error('The pages are not built: run "npm run build" first, or the tests through "npm test".');
  }
  await cp(join(ROOT, 'apps/web/.next/static'), join(STANDALONE, '.next/static'), { recursive: true });
  const database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'rankloop-web-'));
  const [apiPort, webPort] = [await freePort(), await freePort()];
  const origin = `http://localhost:${apiPort}`;
  const env = {
    DATABASE_URL: database.url,
    PUBLIC_URL: origin,
    RANKLOOP_DATA_DIR: dataDir,
    RANKLOOP_DEMO: demo ? '1' : '0',
    LOG_LEVEL: 'warn',
  };
  const demoAccounts = demo ? await seedDemo(env) : [];
  const startApi = () =>
    start([programFile('api')], ROOT, {
      ...env,
      HOST: '127.0.0.1',
      PORT: String(apiPort),
      WEB_ORIGIN: `http://127.0.0.1:${webPort}`,
    });
  let api = startApi();
  const children = [
    start(['server.js'], STANDALONE, { PORT: String(webPort), HOSTNAME: '127.0.0.1' }),
    ...(demo
      ? [
          start([programFile('worker')], ROOT, {
            ...env,
            API_ORIGIN: `http://127.0.0.1:${apiPort}`,
          }),
        ]
      : []),
  ];
  const untilUp = () =>
    eventually(async () => (await fetch(`${origin}/sign-in`)).ok, { timeoutMs: 180_000, what: 'the server' });
  try {
    await untilUp();
  } catch (error) {
    await Promise.all([api, ...children].map(stop));
    await database.close();
    throw error;
  }
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
  const { prisma } = database.db;
  const host = await createUser(prisma, { siteAdmin: true });
  const invite = async (projectId: string, role: Role) => {
    const token = randomBytes(32).toString('base64url');
    await prisma.invitation.create({
      data: {
        projectId,
        role,
        createdById: host.id,
        tokenHash: createHash('sha256').update(token).digest('hex'),
        expiresAt: new Date(Date.now() + 3_600_000),
      },
    });
    return token;
  };

  return {
    origin,
    db: database.db,
    browser,
    demoAccount: (role) => {
      const account = demoAccounts.find((one) => one.role === role);
      if (!account) throw new Error(`The demo has no ${role}: start the world with it.`);
      return { email: account.email, password: account.password };
    },
    createProject: async ({ tasks, ...options }) => {
      const { project, form } = await createProject(prisma, options);
      for (const [i, outputs] of tasks.entries()) {
        await createTask(prisma, {
          projectId: project.id,
          formVersionId: form.id,
          outputs,
          need: options.overlap ?? 1,
          priority: tasks.length - i,
        });
      }
      return { id: project.id, slug: project.slug };
    },
    createInvitation: async (projectId, role) => `/invite#token=${await invite(projectId, role)}`,
    createPerson: async (projectId, role) => {
      const email = `${role}-${randomBytes(4).toString('hex')}@example.test`;
      const token = await invite(projectId, role);
      const answer = await fetch(`${origin}/api/v1/invitations/accept`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin },
        body: JSON.stringify({ token, account: { name: `Test ${role}`, email, password: PASSWORD } }),
      });
      if (!answer.ok) throw new Error(`The invitation was refused: ${await answer.text()}`);
      return { email, password: PASSWORD };
    },
    signIn: async (account, options) => {
      const context = await browser.newContext({ locale: 'en-GB', ...options });
      const page = await context.newPage();
      const answer = await context.request.post(`${origin}/api/v1/auth/sign-in`, {
        data: account,
        headers: { origin },
      });
      if (!answer.ok()) throw new Error(`Sign-in was refused: ${await answer.text()}`);
      return { context, page };
    },
    restartApi: async (whileAway) => {
      await stop(api);
      await whileAway();
      api = startApi();
      await untilUp();
    },
    close: async () => {
      await browser.close();
      await Promise.all([api, ...children].map(stop));
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Tasks with made-up outputs. */
export function madeUpTasks(tasks: number, outputs: number): string[][] {
  return Array.from({ length: tasks }, (_, i) =>
    Array.from(
      { length: outputs },
      (_, k) => `Text ${k + 1} of task ${i + 1}: the kettle boils and the kitchen is warm.`,
    ),
  );
}

const DemoSignIn = z.object({ role: z.string(), email: z.string(), password: z.string() });

async function seedDemo(env: Record<string, string>): Promise<z.infer<typeof DemoSignIn>[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [programFile('cli'), 'demo', 'seed'], {
    cwd: ROOT,
    env: { ...process.env, ...env },
  });
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => DemoSignIn.parse(JSON.parse(line)));
}

function start(args: string[], cwd: string, env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

function chromiumPath(): string {
  const known = [
    process.env['CHROMIUM_PATH'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  const found = known.find((path) => path !== undefined && existsSync(path));
  if (found === undefined) throw new Error('No Chromium found: install it or set CHROMIUM_PATH.');
  return found;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
