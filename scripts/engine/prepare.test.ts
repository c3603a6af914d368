import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { takeLock } from '../lib/lock.mjs';
import { root } from '../lib/paths.mjs';
import { prepareEngineFirst, wantedKind } from './before.mjs';
import { engineFolder, lockFile, refusalFile } from './places.mjs';
import { unzip } from './unzip.mjs';
import { buildFromWheel, findTools } from './wheel.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rankloop-engine-'));
  vi.stubEnv('RANKLOOP_ENGINE_DIR', path.join(folder, 'engines'));
  vi.stubEnv('RANKLOOP_STATE_DIR', path.join(folder, 'state'));
  mkdirSync(path.join(folder, 'engines'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A program of that name which does what the shell lines say. */
function putProgram(name: string, lines: string): string {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(path.join(bin, name), `#!/bin/sh\n${lines}\n`);
  chmodSync(path.join(bin, name), 0o755);
  return bin;
}

/** `npm run engine` with a registry that nobody answers at: nothing is downloaded in these tests. */
function startEngine(...args: string[]) {
  const child = spawn(process.execPath, [path.join(root, 'scripts', 'engine.mjs'), ...args], {
    env: {
      ...process.env,
      npm_config_registry: 'http://127.0.0.1:1/',
      npm_config_cache: path.join(folder, 'npm-cache'),
    },
  });
  let output = '';
  const hear = (chunk: Buffer) => void (output += chunk.toString());
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { pid: child.pid, ended, output: () => output };
}

const whyFile = () => JSON.parse(readFileSync(refusalFile('native'), 'utf8')) as { why: string };

describe('npm run engine', () => {
  test('says why there is no engine, keeps the sentence for the product and leaves nothing behind', async () => {
    const stale = `${engineFolder('native')}.making-1`;
    mkdirSync(stale, { recursive: true });
    const engine = startEngine();
    expect(await engine.ended).toBe(1);
    expect(engine.output()).toContain('No native engine here: the npm registry cannot be reached.');
    expect(whyFile().why).toMatch(/^the npm registry cannot be reached\. .*npm run engine$/);
    expect(readdirSync(path.join(folder, 'engines'))).toEqual([path.basename(refusalFile('native'))]);
  });

  test('in the background is no error, and does not try again what was refused just now', async () => {
    writeFileSync(refusalFile('native'), JSON.stringify({ why: 'no pip was found.' }));
    const engine = startEngine('--background');
    expect(await engine.ended).toBe(0);
    expect(engine.output()).toBe('No native engine here: no pip was found.\n');
  });

  test('waits for another one that prepares the same engine', async () => {
    const lock = await takeLock(lockFile('native'), { what: 'test' });
    const engine = startEngine('--background');
    writeFileSync(refusalFile('native'), JSON.stringify({ why: 'of the other one.' }));
    await vi.waitUntil(() => engine.output().includes(`Waiting for process ${process.pid}`), {
      timeout: 20_000,
    });
    if ('release' in lock) lock.release();
    expect(await engine.ended).toBe(0);
    expect(engine.output()).toContain('No native engine here: of the other one.');
    expect(existsSync(lockFile('native'))).toBe(false);
  });

  test.each([
    ['a file was cut short', 'compiled', 9],
    ['the addon does not load', 'compiled', 8],
  ])('builds anew where %s', async (_, content, size) => {
    const engines = engineFolder('native');
    mkdirSync(engines);
    writeFileSync(path.join(engines, 'addon.node'), content);
    const manifest = { route: 'wheel', package: '.', addon: 'addon.node', files: { 'addon.node': size } };
    writeFileSync(path.join(engines, 'engine.json'), JSON.stringify(manifest));
    const engine = startEngine();
    expect(await engine.ended).toBe(1);
    expect(engine.output()).toContain('Installing @tensorflow/tfjs-node ...');
  });

  test.skipIf(existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidiactl'))(
    'names the missing driver where a GPU is asked for',
    async () => {
      const engine = startEngine('gpu');
      expect(await engine.ended).toBe(1);
      expect(engine.output()).toBe('No gpu engine here: no NVIDIA driver was found.\n');
    },
  );

  test('names the folder that it may not write to', async () => {
    writeFileSync(path.join(folder, 'file'), '');
    vi.stubEnv('RANKLOOP_ENGINE_DIR', path.join(folder, 'file', 'engines'));
    const engine = startEngine();
    expect(await engine.ended).toBe(1);
    expect(engine.output()).toContain(`this user may not write to ${path.join(folder, 'file', 'engines')}.`);
  });

  test.each([
    ['', 'native'],
    ['native', 'native'],
    ['gpu', 'gpu'],
    ['wasm', undefined],
    ['cpu', undefined],
  ])('is part of tests and of the start with RANKLOOP_ENGINE=%s as %s', (forced, kind) => {
    vi.stubEnv('RANKLOOP_ENGINE', forced);
    expect(wantedKind()).toBe(kind);
  });

  test('never stops the tests that it comes before', async () => {
    const said = vi.spyOn(console, 'log').mockReturnValue(undefined);
    vi.stubEnv('RANKLOOP_ENGINE', '');
    writeFileSync(refusalFile('native'), JSON.stringify({ why: 'no pip was found.' }));
    await prepareEngineFirst();
    expect(said).toHaveBeenCalledExactlyOnceWith('Without the native engine: no pip was found.');
    said.mockRestore();
  });

  test('explains itself when it is asked for something else', async () => {
    const engine = startEngine('tpu');
    expect(await engine.ended).toBe(1);
    expect(engine.output()).toContain('npm run engine -- [native | gpu | doctor]');
  });
});

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')(
  'where no way leads to TensorFlow',
  () => {
    /** An npm that lays the package out, with an installer whose hosts nobody answers at. */
    const npm = `
    const { mkdirSync, writeFileSync } = require('node:fs');
    const { join } = require('node:path');
    const work = process.argv[process.argv.indexOf('--prefix') + 1];
    const folder = join(work, 'node_modules', '@tensorflow', 'tfjs-node');
    mkdirSync(join(folder, 'binding'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"binary":{"host":"http://127.0.0.1:1/"}}');`;
    const PIP = 'case "$*" in *--version*) exit 0;; esac; echo "Connection to pypi timed out" >&2; exit 1';

    test.each([
      [
        'pip is missing',
        { 'g++': 'exit 0' },
        'no pip was found. Install it (Debian: apt install python3-pip)',
      ],
      [
        'a compiler is missing',
        { pip: PIP },
        'no C++ compiler was found. Install one (Debian: apt install g++)',
      ],
      [
        'the network is missing',
        { pip: PIP, 'g++': 'exit 0' },
        'pip cannot reach its package index. Check the network',
      ],
    ])('one sentence says so, and is kept for the product: %s', async (_, programs, sentence) => {
      writeFileSync(path.join(folder, 'npm.js'), npm);
      for (const [name, lines] of Object.entries(programs)) putProgram(name, lines);
      vi.stubEnv('npm_execpath', path.join(folder, 'npm.js'));
      vi.stubEnv('CXX', '');
      vi.stubEnv('PATH', path.join(folder, 'bin'));
      const engine = startEngine();
      expect(await engine.ended).toBe(1);
      // The installer of TensorFlow.js came first.
      expect(engine.output()).toContain("the download hosts of TensorFlow.js's own installer do not answer.");
      expect(engine.output()).toContain(`No native engine here: ${sentence}`);
      expect(whyFile().why).toContain(sentence);
      expect(whyFile().why).not.toContain('\n');
      expect(readdirSync(path.join(folder, 'engines'))).toEqual([path.basename(refusalFile('native'))]);
    });
  },
);

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('building from the wheel', () => {
  test('needs pip', async () => {
    vi.stubEnv('PATH', putProgram('g++', 'exit 0'));
    await expect(findTools()).rejects.toThrow('no pip was found. Install it');
  });

  test('needs a C++ compiler', async () => {
    vi.stubEnv('PATH', putProgram('pip3', 'exit 0'));
    vi.stubEnv('CXX', '');
    await expect(findTools()).rejects.toThrow('no C++ compiler was found. Install one');
  });

  test('takes a python that has no pip for none', async () => {
    putProgram('python3', 'exit 1');
    putProgram('clang++', 'exit 0');
    vi.stubEnv('CXX', '');
    vi.stubEnv('PATH', putProgram('pip', 'exit 0'));
    expect(await findTools()).toEqual({ pip: ['pip'], compiler: 'clang++' });
  });

  const build = (pip: string, compiler = 'false') => {
    const work = path.join(folder, 'work');
    const packageFolder = path.join(work, 'package');
    mkdirSync(path.join(packageFolder, 'binding'), { recursive: true });
    writeFileSync(path.join(packageFolder, 'binding', 'addon.cc'), '');
    const tools = { pip: [path.join(putProgram('pip', pip), 'pip')], compiler };
    return buildFromWheel({ kind: 'native', work, packageFolder, tools, say: () => undefined });
  };

  test.each([
    ['pip cannot reach its package index', 'Connection to index timed out'],
    ['is not the published one', 'THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE'],
    ['the disk is full', 'OSError: [Errno 28] No space left on device'],
    ['pip could not download TensorFlow: No matching distribution', 'No matching distribution'],
  ])('refuses with: %s', async (sentence, output) => {
    await expect(build(`echo "${output}" >&2; exit 1`)).rejects.toThrow(sentence);
  });

  test('asks pip for one wheel and its published hash', async () => {
    await expect(build(`cat "$4" >&2; exit 1`)).rejects.toThrow(
      /tensorflow-cpu==2\.18\.1 --hash=sha256:[0-9a-f]{64}/,
    );
  });

  test('unpacks the libraries and headers alone, and shows what the compiler says', async () => {
    const wheel = path.join(folder, 'tensorflow.whl');
    writeFileSync(
      wheel,
      zipOf({
        'tensorflow/libtensorflow_cc.so.2': 'cc',
        'tensorflow/libtensorflow_framework.so.2': 'framework',
        'tensorflow/include/tensorflow/c/c_api.h': 'header',
        'tensorflow/python/setup.py': 'python',
        'tensorflow/include/tensorflow/c/../../../escape.h': 'escape',
      }),
    );
    const compiler = path.join(putProgram('g++', 'echo "addon.cc:1: error: broken" >&2; exit 1'), 'g++');
    await expect(build(`cp ${wheel} ${path.join(folder, 'work', 'wheels')}`, compiler)).rejects.toThrow(
      'could not compile the addon: addon.cc:1: error: broken',
    );
    const deps = path.join(folder, 'work', 'package', 'deps');
    const files = readdirSync(deps, { recursive: true }).map(String);
    expect(files.filter((name) => statSync(path.join(deps, name)).isFile()).sort()).toEqual([
      'include/tensorflow/c/c_api.h',
      'lib/libtensorflow.so',
      'lib/libtensorflow_cc.so.2',
      'lib/libtensorflow_framework.so',
      'lib/libtensorflow_framework.so.2',
    ]);
  });
});

describe('unpacking a zip archive', () => {
  const target = (name: string) => path.join(folder, 'out', name);

  test('writes what is wanted, packed or not', async () => {
    const archive = path.join(folder, 'some.zip');
    const long = 'many words '.repeat(1000);
    writeFileSync(archive, zipOf({ 'a.txt': long, 'b/c.txt': 'short', 'd.txt': '' }));
    expect(await unzip(archive, (name) => (name === 'd.txt' ? undefined : target(name)))).toBe(2);
    expect(readFileSync(target('a.txt'), 'utf8')).toBe(long);
    expect(readFileSync(target('b/c.txt'), 'utf8')).toBe('short');
    expect(existsSync(target('d.txt'))).toBe(false);
  });

  test.each([0, 10, 60, 100])('refuses an archive that ends after %d bytes', async (length) => {
    const archive = path.join(folder, 'some.zip');
    writeFileSync(archive, zipOf({ 'a.txt': 'words '.repeat(50) }).subarray(0, length));
    await expect(unzip(archive, target)).rejects.toThrow();
  });

  test('refuses an archive whose contents are damaged', async () => {
    const archive = path.join(folder, 'some.zip');
    const bytes = zipOf({ 'a.txt': 'words and more words '.repeat(50) });
    bytes.fill(0xff, 36, 46);
    writeFileSync(archive, bytes);
    await expect(unzip(archive, target)).rejects.toThrow();
  });
});

/** A zip archive as pip downloads them: deflated entries, then their directory. */
function zipOf(files: Record<string, string>): Buffer {
  const [bodies, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const packed = text.length > 10 ? deflateRawSync(text) : Buffer.from(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(text.length > 10 ? 8 : 0, 4);
    common.writeUInt32LE(crc32(text), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(Buffer.byteLength(text), 18);
    common.writeUInt16LE(name.length, 22);
    const body = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, rest, Buffer.from(name)]));
    bodies.push(body);
    offset += body.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(bodies.length, 4);
  end.writeUInt16LE(bodies.length, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...bodies, ...directory, Buffer.from('PK\x05\x06'), end]);
}
