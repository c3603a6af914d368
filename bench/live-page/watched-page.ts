import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createUser } from '@rankloop/testkit';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { BenchServer } from '../labeling/server.ts';

/** What the page's process holds, after everything that can be let go has been. */
export interface Held {
  heapMegabytes: number;
  nodes: number;
  listeners: number;
}

export interface WatchedPage {
  page: Page;
  weigh(): Promise<Held>;
  close(): Promise<void>;
}

/** A browser with one page, signed in as a researcher of the project. */
export async function openWatchedPage(server: BenchServer, projectId: string): Promise<WatchedPage> {
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
  const page = await signIn(browser, server, projectId);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  return {
    page,
    weigh: async () => {
      // Twice: what the first one finalizes, the second one frees.
      await devtools.send('HeapProfiler.collectGarbage');
      await devtools.send('HeapProfiler.collectGarbage');
      const { metrics } = await devtools.send('Performance.getMetrics');
      const valueOf = (name: string) => metrics.find((one) => one.name === name)?.value ?? NaN;
      return {
        heapMegabytes: valueOf('JSHeapUsedSize') / 1e6,
        nodes: valueOf('Nodes'),
        listeners: valueOf('JSEventListeners'),
      };
    },
    close: () => browser.close(),
  };
}

/** By an invitation, as everybody comes in. */
async function signIn(browser: Browser, { db, origin }: BenchServer, projectId: string): Promise<Page> {
  const token = randomBytes(32).toString('base64url');
  const host = await createUser(db.prisma, { siteAdmin: true });
  await db.prisma.invitation.create({
    data: {
      projectId,
      role: 'researcher',
      createdById: host.id,
      tokenHash: createHash('sha256').update(token).digest('hex'),
      expiresAt: new Date(Date.now() + 3_600_000),
    },
  });
  const account = { email: 'onlooker@example.test', password: 'a sentence nobody guesses' };
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const post = async (path: string, data: object) => {
    const answer = await context.request.post(`${origin}/api/v1${path}`, { data, headers: { origin } });
    if (!answer.ok()) throw new Error(`${path} was refused: ${await answer.text()}`);
  };
  await post('/invitations/accept', { token, account: { name: 'Onlooker', ...account } });
  await post('/auth/sign-in', account);
  return context.newPage();
}

function chromiumPath(): string {
  const known = [
    process.env['CHROMIUM_PATH'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  const found = known.find((file) => file !== undefined && existsSync(file));
  if (found === undefined) throw new Error('No Chromium found: install it or set CHROMIUM_PATH.');
  return found;
}
