import { DCLinter } from 'dclint';
import { validate, ValidationSeverity } from 'dockerfile-utils';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const compose = read('docker-compose.yml');
const dockerfile = read('Dockerfile');

const Service = z.object({
  image: z.string(),
  user: z.string().optional(),
  privileged: z.boolean().optional(),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  healthcheck: z.object({ test: z.array(z.string()).optional(), disable: z.boolean().optional() }),
  deploy: z.object({ resources: z.object({ limits: z.object({ memory: z.string() }) }) }),
  ports: z.array(z.string()).optional(),
});
const { services } = z
  .object({ services: z.record(z.string(), Service) })
  .parse(parse(compose, { merge: true }));

function composeComplaints(text: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'rankloop-compose-'));
  try {
    const file = join(folder, 'docker-compose.yml');
    writeFileSync(file, text);
    const linter = new DCLinter({
      rules: {
        // One image serves three services; the tag lets them share it.
        'no-build-and-image': 0,
        'service-keys-order': 0,
        'top-level-properties-order': 0,
      },
      quiet: true,
      debug: false,
      exclude: [],
    });
    return linter.lintFiles([file], false).flatMap(({ messages }) => messages.map(({ message }) => message));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const dockerfileComplaints = (text: string): string[] =>
  validate(text, {
    instructionCasing: ValidationSeverity.ERROR,
    instructionWorkdirRelative: ValidationSeverity.ERROR,
    instructionJSONInSingleQuotes: ValidationSeverity.ERROR,
  }).map(
    ({ message, range }) =>
      `line ${range.start.line + 1}: ${typeof message === 'string' ? message : message.value}`,
  );

/** The instructions of each stage by its name, comments and continuations resolved. */
function stages(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const lines = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  let current: string[] = [];
  for (const line of lines) {
    const name = /^FROM .+ AS (\S+)$/.exec(line)?.[1];
    if (name !== undefined) found.set(name, (current = []));
    else if (line !== '') current.push(line);
  }
  return found;
}

test('the compose file is valid by the compose schema and the linter', () => {
  expect(composeComplaints(compose)).toEqual([]);
});

test('the compose check sees a misspelt key, a wrong type and an image without a tag', () => {
  expect(composeComplaints(compose.replace('stop_grace_period: 1m', 'stop_grace_time: 1m'))).not.toEqual([]);
  expect(composeComplaints(compose.replace('init: true', 'init: [yes]'))).not.toEqual([]);
  expect(composeComplaints(compose.replace('redis:8-bookworm', 'redis'))).not.toEqual([]);
});

test('the compose file has every part of the product', () => {
  expect(Object.keys(services).sort()).toEqual(['api', 'migrate', 'postgres', 'redis', 'web', 'worker']);
});

test('no service gets a secret by default: each stops with a sentence that says what to run', () => {
  const variables = [...compose.matchAll(/\$\{([A-Z_]+)(:?[-?]?)([^}]*)\}/g)];
  const withoutSentence = variables
    .filter(([, , operator, rest = '']) => operator !== ':?' || !rest.endsWith('.'))
    .map(([, name]) => name);
  expect(new Set(withoutSentence)).toEqual(new Set(['LOG_LEVEL', 'RANKLOOP_PORT', 'WORKER_MEMORY']));
  for (const secret of ['POSTGRES_PASSWORD', 'REDIS_PASSWORD']) {
    expect(variables.some(([, name]) => name === secret)).toBe(true);
  }
});

test('the environment file that we write sets every variable that the compose file asks for', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rankloop-env-'));
  try {
    execFileSync(process.execPath, [fileURLToPath(new URL('scripts/compose-env.mjs', root)), folder]);
    const written = readFileSync(join(folder, '.env'), 'utf8').match(/^[A-Z_]+(?==.)/gm);
    const asked = [...compose.matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name);
    expect(written).toEqual(expect.arrayContaining([...new Set(asked)]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.each(Object.entries(services))(
  '%s runs without root, without capabilities, within a memory limit, and is watched',
  (_name, service) => {
    expect(service.privileged).toBeUndefined();
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toContain('no-new-privileges:true');
    expect(service.deploy.resources.limits.memory).not.toBe('');
    // Our own images set their user in the Dockerfile.
    if (!service.image.startsWith('rankloop-')) expect(service.user).toMatch(/^(postgres|redis)$/);
    expect(service.healthcheck.test !== undefined || service.healthcheck.disable === true).toBe(true);
  },
);

test('only the front door is reachable from the host, and only from this machine', () => {
  const published = Object.entries(services).filter(([, { ports }]) => ports !== undefined);
  expect(published.map(([name]) => name)).toEqual(['api']);
  expect(published[0]?.[1].ports?.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
});

test('the Dockerfile passes its linter', () => {
  expect(dockerfileComplaints(dockerfile)).toEqual([]);
});

test('the Dockerfile check sees an unknown instruction and a relative work folder', () => {
  expect(dockerfileComplaints(dockerfile.replace('EXPOSE', 'EXPOSES'))).not.toEqual([]);
  expect(dockerfileComplaints(dockerfile.replace('WORKDIR /app', 'WORKDIR app'))).not.toEqual([]);
});

test.each(['server', 'web'])('the %s image runs as an unprivileged user, by number', (name) => {
  const users =
    stages(dockerfile)
      .get(name)
      ?.filter((line) => line.startsWith('USER ')) ?? [];
  expect(users.at(-1)).toMatch(/^USER [1-9]\d*:[1-9]\d*$/);
});

test('no install in the image runs install scripts', () => {
  const installs = dockerfile.match(/npm (ci|install|i)\b.*/g) ?? [];
  expect(installs.length).toBeGreaterThan(0);
  expect(installs.filter((line) => !line.includes('--ignore-scripts'))).toEqual([]);
});

test('the image knows the manifest of every workspace', () => {
  const manifests = ['apps', 'packages'].flatMap((folder) =>
    readdirSync(new URL(folder, root)).map(
      (name) => `COPY ${folder}/${name}/package.json ${folder}/${name}/`,
    ),
  );
  for (const line of manifests) expect(dockerfile).toContain(line);
});

test('secrets and local state never reach the build context', () => {
  const ignored = read('.dockerignore').split('\n');
  for (const path of ['.env', '.rankloop', '.git', '**/node_modules']) expect(ignored).toContain(path);
});
