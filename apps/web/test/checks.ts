import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const THEMES = ['light', 'dark'] as const;

/** What axe finds, as "rule: element". */
export async function violations(page: Page): Promise<string[]> {
  // Half transparent text on its way in is no finding.
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every((one) => one.playState !== 'running' || one.effect?.getTiming().iterations === Infinity),
  );
  await page.evaluate(axe);
  return page.evaluate(async () => {
    interface Result {
      violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[];
    }
    const { axe: checker } = window as unknown as { axe: { run: () => Promise<Result> } };
    const result = await checker.run();
    return result.violations.flatMap((rule) =>
      rule.nodes.map((node) => `${rule.id}: ${node.html} ${node.failureSummary ?? ''}`),
    );
  });
}

/** Console errors and policy violations of a page from now on. */
export function watch(page: Page): string[] {
  const seen: string[] = [];
  page.on('console', (message) => message.type() === 'error' && seen.push(message.text()));
  page.on('pageerror', (error) => seen.push(error.message));
  return seen;
}

/** Kilobytes of JavaScript that the page loads before anybody touches it, as they were sent. */
export async function scriptKilobytes(page: Page): Promise<number> {
  // Parts of a page ask for others: the last one came when nothing else has come since.
  await page.waitForFunction(() =>
    performance
      .getEntriesByType('resource')
      .every(({ startTime, duration }) => performance.now() - startTime - duration > 1000),
  );
  return page.evaluate(() => {
    const loaded = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    const scripts = loaded.filter(({ name }) => new URL(name).pathname.endsWith('.js'));
    return scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) / 1000;
  });
}

/** By how many pixels the page is wider than the window. */
export async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}
