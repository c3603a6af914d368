import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineFolder, engineRoot, locateNative } from './locate.ts';

let root: string;
let env: Record<string, string>;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rankloop-engines-'));
  env = { RANKLOOP_ENGINE_DIR: root };
});
afterEach(() => rm(root, { recursive: true }));

async function putEngine(manifest: unknown): Promise<string> {
  const folder = engineFolder('native', env);
  await mkdir(join(folder, 'package', 'lib'), { recursive: true });
  await writeFile(join(folder, 'package', 'lib', 'addon.node'), 'compiled');
  await writeFile(join(folder, 'engine.json'), JSON.stringify(manifest));
  return folder;
}

const manifest = { package: 'package', addon: 'lib/addon.node', files: { 'package/lib/addon.node': 8 } };

describe('looking for the TensorFlow addon', () => {
  it('finds one that the set-up has finished', async () => {
    const folder = await putEngine(manifest);
    expect(locateNative('native', env)).toEqual({
      install: {
        kind: 'native',
        packageFolder: join(folder, 'package'),
        addonFile: join(folder, 'package', 'lib', 'addon.node'),
      },
    });
  });

  it('names the damaged file of one that was cut short, and how to mend it', async () => {
    await putEngine({ ...manifest, files: { 'package/lib/addon.node': 9 } });
    const located = JSON.stringify(locateNative('native', env));
    expect(located).toMatch(
      /^{"missing":"its file package.lib.addon\.node in .* is damaged\. Run: npm run engine"}$/,
    );
  });

  it.each([['a manifest of another form', { package: 1 }] as const, ['no manifest', null] as const])(
    'takes a folder with %s for none',
    async (_, content) => {
      await putEngine(content);
      expect(locateNative('native', env)).toMatchObject({
        missing: 'it is not set up. Run: npm run engine',
      });
    },
  );

  it('says why the set-up could not put one in place', async () => {
    await writeFile(
      `${engineFolder('native', env)}.refused.json`,
      JSON.stringify({ why: 'there is no pip.' }),
    );
    expect(locateNative('native', env)).toEqual({ missing: 'there is no pip.' });
  });

  it('keeps the GPU engine apart from the processor engine', async () => {
    await putEngine(manifest);
    expect(locateNative('gpu', env)).toHaveProperty('missing');
  });

  it('looks into the cache of the user when no other folder is named', () => {
    expect(engineRoot({ XDG_CACHE_HOME: '/caches' })).toBe(join('/caches', 'rankloop', 'engine'));
    expect(engineRoot({ XDG_CACHE_HOME: '' })).toMatch(/\.cache.rankloop.engine$/);
  });
});
