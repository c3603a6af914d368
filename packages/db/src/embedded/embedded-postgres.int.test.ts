import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { withClient } from '../../test/scratch-database.ts';
import { throwAwayHome } from './embedded-home.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts';
import { isAlive } from './postmaster.ts';

const homes: string[] = [];
const servers: EmbeddedPostgres[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
});

function newHome(): string {
  const home = throwAwayHome(tmpdir());
  homes.push(home);
  return home;
}

async function start(home: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ home });
  servers.push(server);
  return server;
}

const setting = (url: string, name: string): Promise<string | undefined> =>
  withClient(url, async (client) => {
    const row = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [name]);
    return row.rows[0]?.value;
  });

describe('the embedded server', () => {
  test('it is UTF8 with locale C on 127.0.0.1 alone, whatever the locale of its starter', async () => {
    const before = process.env['LC_ALL'];
    process.env['LC_ALL'] = 'C';
    try {
      const { url } = await start(newHome());
      expect(await setting(url, 'server_encoding')).toBe('UTF8');
      expect(await setting(url, 'lc_collate').catch(() => 'C')).toBe('C');
      expect(await setting(url, 'listen_addresses')).toBe('127.0.0.1');
      expect(await setting(url, 'unix_socket_directories')).toBe('');
      expect(await setting(url, 'max_connections')).toBe('200');
    } finally {
      if (before === undefined) delete process.env['LC_ALL'];
      else process.env['LC_ALL'] = before;
    }
  });

  test('it never runs as root, and its password opens it while another does not', async () => {
    const home = newHome();
    const { url, pid } = await start(home);
    const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1];
    expect(uid).not.toBe('0');
    expect(statSync(path.join(home, 'password')).mode & 0o077).toBe(0);
    expect(statSync(path.join(home, 'data')).mode & 0o077).toBe(0);
    const wrong = new URL(url);
    wrong.password = 'guess';
    await expect(withClient(wrong.href, async () => 'in')).rejects.toThrow(pg.DatabaseError);
  });

  test('what was written is there after a stop and a start', async () => {
    const home = newHome();
    const first = await start(home);
    await withClient(first.url, (client) => client.query('CREATE TABLE kept AS SELECT 7 AS value'));
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    const second = await start(home);
    expect(second.existed).toBe(true);
    const rows = await withClient(second.url, (client) => client.query('SELECT value FROM kept'));
    expect(rows.rows).toEqual([{ value: 7 }]);
  });

  test('a record of a server that died does not stop the next one, even when its number is somebody else’s', async () => {
    const home = newHome();
    const first = await start(home);
    const record = readFileSync(path.join(home, 'data', 'postmaster.pid'), 'utf8');
    await first.stop();
    // As after a restart of the container: our own number stands where the dead server's stood.
    const stale = record.replace(String(first.pid), String(process.pid));
    writeFileSync(path.join(home, 'data', 'postmaster.pid'), stale, { mode: 0o644 });
    const second = await start(home);
    expect(await setting(second.url, 'server_encoding')).toBe('UTF8');
  });

  test('a server that is still running is taken over instead of started twice', async () => {
    const home = newHome();
    const first = await start(home);
    const second = await start(home);
    expect(second.pid).toBe(first.pid);
    expect(second.url).toBe(first.url);
  });

  test('data of another major version is refused in a sentence', async () => {
    const home = newHome();
    await (await start(home)).stop();
    writeFileSync(path.join(home, 'data', 'PG_VERSION'), '17\n');
    await expect(start(home)).rejects.toThrow('written by PostgreSQL 17');
  });

  test('a throw-away server ends with its starter, even when that is killed, and leaves no file', async () => {
    const home = newHome();
    const script = `
      import { startEmbeddedPostgres } from ${JSON.stringify(path.join(import.meta.dirname, 'embedded-postgres.ts'))};
      const { pid } = await startEmbeddedPostgres({ home: ${JSON.stringify(home)}, throwAway: true });
      process.stdout.write(String(pid));
      setInterval(() => {}, 1000);`;
    const starter = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) => {
      starter.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
    });
    expect(isAlive(pid)).toBe(true);
    starter.kill('SIGKILL');
    await expect.poll(() => isAlive(pid) || existsSync(home), { timeout: 120_000 }).toBe(false);
  });

  test.runIf(process.getuid?.() === 0)('an ordinary user starts it too', async () => {
    const home = newHome();
    const script = `
      import { startEmbeddedPostgres } from ${JSON.stringify(path.join(import.meta.dirname, 'embedded-postgres.ts'))};
      process.setgid(65534); process.setgroups([]); process.setuid(65534);
      const server = await startEmbeddedPostgres({ home: '/tmp/' + process.argv[1], throwAway: true });
      await server.stop();
      process.stdout.write('stopped');
      process.exit();`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script, path.basename(home)];
    const starter = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    starter.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await new Promise((resolve) => starter.once('exit', resolve));
    expect(said).toBe('stopped');
  });
});
