import type { TestProject } from 'vitest/node';
import { hasPages, startSite, type SiteAddress } from './site.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The site that all browser tests of a run share; null where the pages have not been built. */
    site: SiteAddress | null;
  }
}

/**
 * One site for all browser tests of a run: each makes projects and people of its own in it, as those of one host do.
 * It has no worker and no demo; a test that needs them, or that stops the API, starts a site of its own.
 */
export default async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!hasPages()) {
    // The tests of the command line do without; those of the pages say it.
    provide('site', null);
    return undefined;
  }
  const { origin, databaseUrl, demoAccounts, close } = await startSite({ demo: false });
  provide('site', { origin, databaseUrl, demoAccounts });
  return close;
}
