import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMPARISON, RANKING, press, sitDown } from './desk.ts';
import { madeUpTasks, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

describe('the page', () => {
  it('lets hostile text do nothing', async () => {
    const hostile =
      '<img src=x onerror="window.hit=1"><script>window.hit=1</script> [a](javascript:window.hit=1) ![i](https://tracker.test/x.png) **bold**';
    const { page } = await sitDown(world, COMPARISON, [[hostile, 'plain $x^2$ text']]);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.reload();
    await page.locator('.katex').first().waitFor();
    const card = page.getByRole('article').filter({ hasText: 'bold' });
    expect(await card.locator('strong').count()).toBe(1);
    expect(await card.locator('img, script').count()).toBe(0);
    expect(await card.locator('a[href^="javascript"]').count()).toBe(0);
    expect(await page.evaluate(() => 'hit' in window)).toBe(false);
    expect(asked.filter((url) => !url.startsWith(world.origin))).toEqual([]);
  });

  it('shows guideline and keys, and can turn single keys off', async () => {
    const { page, projectId } = await sitDown(world, RANKING, madeUpTasks(1, 3));
    await press(page, 'g');
    await page.getByRole('complementary', { name: 'Guideline' }).waitFor();
    await press(page, 'g', '?');
    await page.getByText('None can be ranked').nth(1).waitFor();
    await page.getByRole('switch', { name: /Single keys/ }).click();
    await press(page, 'Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await press(page, 'n', 's');
    expect(await page.getByRole('button', { name: /None can be ranked/ }).getAttribute('aria-pressed')).toBe(
      'false',
    );
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await world.db.prisma.judgement.count({ where: { projectId } })).toBe(0);
  });

  it('marks differences, shows raw text and unfolds long outputs', async () => {
    const long = 'A word. '.repeat(400);
    const { page } = await sitDown(world, RANKING, [
      ['The **coffee** was great', `The tea was great ${long}`],
    ]);
    await press(page, 'd');
    await expect.poll(() => page.locator('mark').allInnerTexts()).toContain('coffee');
    await press(page, 'd', 'm');
    await page.getByText('The **coffee** was great').waitFor();
    const height = () =>
      page.locator('.lab-text').evaluateAll((all) => Math.max(...all.map((one) => one.clientHeight)));
    expect(await height()).toBeLessThan(360);
    await press(page, 'o');
    await expect.poll(height).toBeGreaterThan(360);
  });
});
