import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Role } from '@rankloop/contracts';
import {
  createProject,
  createTask,
  createUser,
  openTestDatabase,
  type CreateProjectOptions,
  type TestDatabase,
} from '@rankloop/testkit';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { inject, onTestFinished } from 'vitest';
import { startSite, type Site, type SiteAddress } from './site.ts';

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
  /** A fresh browser profile, signed in. It is closed when the test is over. */
  signIn(
    account: Account,
    options?: Parameters<Browser['newContext']>[0],
  ): Promise<{ context: BrowserContext; page: Page }>;
  /** Stops the API, does something, and starts it again at the same address; where it is its own. */
  restartApi: Site['restartApi'];
  close(): Promise<void>;
}

export interface StartWorldOptions {
  /** With the demo project loaded, and a worker that runs rounds. */
  demo?: boolean;
  /** With an API that no other test uses. */
  own?: boolean;
}

/**
 * What only a page that hangs waits for. It is no measure of speed: a machine that is busy with something else must
 * not turn a right answer red.
 */
const PATIENCE_MS = 90_000;

/** A browser before the product itself: before the site that the tests of a run share, or one of its own. */
export async function startWorld({ demo = false, own = demo }: StartWorldOptions = {}): Promise<World> {
  const site = own ? await startSite({ demo }) : sharedSite();
  const { origin, demoAccounts } = site;
  const database = openTestDatabase(site.databaseUrl);
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
      context.setDefaultTimeout(PATIENCE_MS);
      onTestFinished(() => leave(context));
      const page = await context.newPage();
      const answer = await context.request.post(`${origin}/api/v1/auth/sign-in`, {
        data: account,
        headers: { origin },
      });
      if (!answer.ok()) throw new Error(`Sign-in was refused: ${await answer.text()}`);
      return { context, page };
    },
    restartApi: site.restartApi,
    close: async () => {
      await browser.close();
      await database.close();
      await site.close();
    },
  };
}

/** The site stays up for the other tests of the run. */
function sharedSite(): Site {
  const address: SiteAddress | null = inject('site');
  if (address === null)
    throw new Error('The pages are not built: run "npm run build" first, or the tests through "npm test".');
  return {
    ...address,
    restartApi: () => Promise.reject(new Error('Other tests use this API: start the world with its own.')),
    close: () => Promise.resolve(),
  };
}

/** Pages that stay open go on asking for news. */
async function leave(context: BrowserContext): Promise<void> {
  for (const page of context.pages()) await page.unrouteAll({ behavior: 'ignoreErrors' });
  await context.close();
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
