import { createUser as createAccount, createPasswordReset, hashSecret } from '@rankloop/core';
import { createProject, createTask } from '@rankloop/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type Asker, type TestApp } from './start-test-app.ts';

const PASSWORD = 'correct horse battery';
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

let count = 0;
async function createPerson(): Promise<{ userId: string; email: string }> {
  const email = `account-${++count}@example.test`;
  const { userId } = await createAccount(app.db.prisma, { name: 'Somebody', email, password: PASSWORD });
  return { userId, email };
}
/** Each from an address of its own, unless the address is what the test is about. */
const signIn = (email: string, password: string, remoteAddress = `10.0.0.${++count}`) =>
  app.server.inject({
    method: 'POST',
    url: '/api/v1/auth/sign-in',
    remoteAddress,
    headers: { host: 'rankloop.test', origin: 'http://rankloop.test' },
    payload: { email, password },
  });
const cookieOf = (answer: Awaited<ReturnType<typeof signIn>>): Asker['headers'] => ({
  cookie: String(answer.headers['set-cookie']).split(';')[0] ?? '',
});

describe('sign-in', () => {
  test('gives an opaque cookie that scripts cannot read, and keeps only its hash', async () => {
    const { userId, email } = await createPerson();
    const answer = await signIn(email.toUpperCase(), PASSWORD);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ id: userId, email, projects: [] });
    const cookie = String(answer.headers['set-cookie']);
    expect(cookie).toMatch(/^rankloop_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
    const secret = /=([\w-]{43})/.exec(cookie)?.[1] ?? '';
    const session = await app.db.prisma.session.findFirstOrThrow({ where: { userId } });
    expect(session.token).toBe(hashSecret(secret));
    const me = await app.send({ path: '/me', as: { userId, email, headers: cookieOf(answer) } });
    expect(me.json()).toMatchObject({ id: userId });
  });

  test('answers the same for a wrong password, an unknown e-mail and a disabled account', async () => {
    const known = await createPerson();
    const disabled = await createPerson();
    await app.db.prisma.user.update({ where: { id: disabled.userId }, data: { disabledAt: new Date() } });
    const answers = [
      await signIn(known.email, 'not the password'),
      await signIn('nobody-at-all@example.test', PASSWORD),
      await signIn(disabled.email, PASSWORD),
    ];
    const bodies = answers.map((answer) => ({ ...answer.json<Record<string, unknown>>(), requestId: '' }));
    expect(bodies[0]).toMatchObject({ status: 401, code: 'wrong_credentials' });
    expect(bodies[1]).toEqual(bodies[0]);
    expect(bodies[2]).toEqual(bodies[0]);
  });

  test.each(['known', 'unknown'])(
    'slows down wrong tries on an account that is %s, from ever new addresses, and says for how long',
    async (kind) => {
      const email = kind === 'known' ? (await createPerson()).email : `ghost-${++count}@example.test`;
      const tries = await Promise.all(Array.from({ length: 12 }, () => signIn(email, 'wrong')));
      const refused = tries.filter(({ statusCode }) => statusCode === 429);
      expect(tries.filter(({ statusCode }) => statusCode === 401).length).toBeLessThanOrEqual(6);
      expect(refused.length).toBeGreaterThanOrEqual(6);
      expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(refused[0]?.json()).toMatchObject({ code: 'slow_down' });
    },
  );

  test('never locks out: the wait has a ceiling, passes, and is not prolonged by trying', async () => {
    const { email } = await createPerson();
    const key = `account:${hashSecret(email)}`;
    await app.db.prisma.signInThrottle.create({ data: { key, failures: 1000 } });
    const refused = await signIn(email, PASSWORD);
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(30);
    const failedAt = new Date(Date.now() - 31_000);
    await app.db.prisma.signInThrottle.update({ where: { key }, data: { lastFailureAt: failedAt } });
    expect((await signIn(email, PASSWORD)).statusCode).toBe(200);
    expect(await app.db.prisma.signInThrottle.findUnique({ where: { key } })).toBeNull();
  });

  test('somebody who guesses elsewhere does not keep a person out of where they usually sign in', async () => {
    const { email } = await createPerson();
    expect((await signIn(email, PASSWORD, '10.1.1.1')).statusCode).toBe(200);
    const key = `account:${hashSecret(email)}`;
    await app.db.prisma.signInThrottle.create({ data: { key, failures: 1000 } });
    expect((await signIn(email, PASSWORD, '10.2.2.2')).statusCode).toBe(429);
    expect((await signIn(email, PASSWORD, '10.1.1.1')).statusCode).toBe(200);
    for (let i = 0; i < 5; i++) expect((await signIn(email, 'wrong', '10.1.1.1')).statusCode).toBe(401);
    expect((await signIn(email, PASSWORD, '10.1.1.1')).statusCode).toBe(429);
  });

  test('slows down an address that tries one account after another; an IPv6 network is one address', async () => {
    const wrong = async (address: string) =>
      (await signIn(`guess-${++count}@example.test`, 'wrong', address)).statusCode;
    for (let i = 0; i < 20; i++) expect(await wrong(`2001:db8:1:2::${i + 1}`)).toBe(401);
    expect(await wrong('2001:DB8:1:2:ffff::9')).toBe(429);
    expect(await wrong('2001:db8:1:3::77')).toBe(401);
  });

  test('nor does an address get more tries by sending them all at once', async () => {
    const address = '10.77.0.1';
    const tries = await Promise.all(
      Array.from({ length: 40 }, () => signIn(`burst-${++count}@example.test`, 'wrong', address)),
    );
    expect(tries.filter(({ statusCode }) => statusCode === 401).length).toBeLessThanOrEqual(21);
  });

  test('signing in rightly uses up none of an address: a whole office may share it', async () => {
    const { email } = await createPerson();
    for (let i = 0; i < 25; i++) expect((await signIn(email, PASSWORD, '10.78.0.1')).statusCode).toBe(200);
  });

  test('a forwarded address is not believed unless a proxy is configured', async () => {
    const { email, userId } = await createPerson();
    await app.server.inject({
      method: 'POST',
      url: '/api/v1/auth/sign-in',
      remoteAddress: '10.9.9.9',
      headers: { host: 'rankloop.test', origin: 'http://rankloop.test', 'x-forwarded-for': '6.6.6.6' },
      payload: { email, password: PASSWORD },
    });
    const session = await app.db.prisma.session.findFirstOrThrow({ where: { userId } });
    expect(session.ipAddress).toBe('10.9.9.9');
  });

  test('signing out ends the session in the database', async () => {
    const asker = await app.createAsker();
    expect((await app.send({ method: 'POST', path: '/auth/sign-out', as: asker })).statusCode).toBe(204);
    expect((await app.send({ path: '/me', as: asker })).statusCode).toBe(401);
  });

  test('an expired session is none', async () => {
    const asker = await app.createAsker();
    await app.db.prisma.session.updateMany({
      where: { userId: asker.userId },
      data: { expiresAt: new Date(Date.now() - 1) },
    });
    expect((await app.send({ path: '/me', as: asker })).statusCode).toBe(401);
  });

  test('a changed password ends all other sessions', async () => {
    const { userId, email } = await createPerson();
    const here = { userId, email, headers: cookieOf(await signIn(email, PASSWORD)) };
    const there = { userId, email, headers: cookieOf(await signIn(email, PASSWORD)) };
    const body = { current: PASSWORD, next: 'another long password' };
    const answer = await app.send({ method: 'POST', path: '/me/password', as: here, body });
    expect(answer.statusCode).toBe(204);
    expect((await app.send({ path: '/me', as: here })).statusCode).toBe(200);
    expect((await app.send({ path: '/me', as: there })).statusCode).toBe(401);
    expect((await signIn(email, PASSWORD)).statusCode).toBe(401);
    expect((await signIn(email, body.next)).statusCode).toBe(200);
  });
});

describe('invitations', () => {
  async function invite(
    body: object = {},
  ): Promise<{ projectId: string; token: string; admin: Asker; id: string }> {
    const { project } = await createProject(app.db.prisma);
    const admin = await app.createMemberAsker(project.id, 'admin');
    const path = `/projects/${project.id}/invitations`;
    const answer = await app.send({ method: 'POST', path, as: admin, body });
    const link = answer.json<{ id: string; path: string }>();
    return { projectId: project.id, token: link.path.split('#')[1] ?? '', admin, id: link.id };
  }
  const newAccount = () => ({ name: 'New', email: `new-${++count}@example.test`, password: PASSWORD });
  const accept = (token: string, account?: object, as?: Asker) =>
    app.send({
      method: 'POST',
      path: '/invitations/accept',
      as,
      body: { token, ...(account ? { account } : {}) },
    });

  test('of five people who use one link at once, one gets in and no account is left of the others', async () => {
    const { token, projectId } = await invite({ role: 'researcher' });
    const accounts = Array.from({ length: 5 }, newAccount);
    const answers = await Promise.all(accounts.map((account) => accept(token, account)));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 410, 410, 410, 410]);
    const winner = answers.find(({ statusCode }) => statusCode === 200);
    expect(winner?.json()).toMatchObject({ projects: [{ id: projectId, role: 'researcher' }] });
    expect(winner?.headers['set-cookie']).toBeDefined();
    const emails = accounts.map(({ email }) => email);
    expect(await app.db.prisma.user.count({ where: { email: { in: emails } } })).toBe(1);
  });

  test('keeps only a hash of the link', async () => {
    const { token, id } = await invite();
    const row = await app.db.prisma.invitation.findUniqueOrThrow({ where: { id } });
    expect(JSON.stringify(row)).not.toContain(token);
    expect(row.tokenHash).toBe(hashSecret(token));
  });

  test('reading a link does not use it', async () => {
    const { token } = await invite();
    const read = () => app.send({ method: 'POST', path: '/invitations/read', body: { token } });
    expect((await read()).json()).toMatchObject({ role: 'labeler', signedInAs: null, memberOf: null });
    expect((await read()).statusCode).toBe(200);
    expect((await accept(token, newAccount())).statusCode).toBe(200);
    expect((await read()).statusCode).toBe(410);
  });

  test('a link says to somebody who is in the project that there is nothing to join', async () => {
    const { token, admin, projectId } = await invite();
    const read = (as: Asker) => app.send({ method: 'POST', path: '/invitations/read', body: { token }, as });
    const { slug } = await app.db.prisma.project.findUniqueOrThrow({ where: { id: projectId } });
    expect((await read(admin)).json()).toMatchObject({ memberOf: { slug } });
    expect((await read(await app.createAsker())).json()).toMatchObject({ memberOf: null });
  });

  test('a try that fails leaves the link usable: a taken e-mail, the wrong e-mail, no account', async () => {
    const taken = await createPerson();
    const open = await invite();
    expect((await accept(open.token, { ...newAccount(), email: taken.email })).statusCode).toBe(409);
    expect((await accept(open.token)).statusCode).toBe(400);
    expect((await accept(open.token, newAccount())).statusCode).toBe(200);
    const account = newAccount();
    const named = await invite({ email: account.email });
    expect((await accept(named.token, newAccount())).statusCode).toBe(400);
    expect((await accept(named.token, account)).statusCode).toBe(200);
  });

  test('somebody signed in joins with their account, once', async () => {
    const asker = await app.createAsker();
    const { token, projectId, admin } = await invite({ role: 'researcher' });
    expect((await accept(token, undefined, asker)).json()).toMatchObject({
      id: asker.userId,
      projects: [{ id: projectId, role: 'researcher' }],
    });
    const path = `/projects/${projectId}/invitations`;
    const again = await app.send({ method: 'POST', path, as: admin, body: {} });
    const second = again.json<{ path: string }>().path.split('#')[1] ?? '';
    expect((await accept(second, undefined, asker)).statusCode).toBe(409);
  });

  test.each([
    ['expired', { expiresAt: new Date(Date.now() - 1) }],
    ['revoked', { revokedAt: new Date() }],
  ])('a link is of no use when it is %s', async (_name, data) => {
    const { token, id } = await invite();
    await app.db.prisma.invitation.update({ where: { id }, data });
    expect((await accept(token, newAccount())).statusCode).toBe(410);
  });

  test.each(['disabled', 'taken out of the project', 'made a labeler'])(
    'the links of somebody who was %s are of no use',
    async (fate) => {
      const { token, admin, projectId } = await invite({ role: 'admin' });
      const siteAdmin = await app.createAsker({ siteAdmin: true });
      const person = `/projects/${projectId}/people/${admin.userId}`;
      const [method, path] =
        fate === 'disabled'
          ? (['POST', `/users/${admin.userId}/disable`] as const)
          : ([fate === 'made a labeler' ? 'PATCH' : 'DELETE', person] as const);
      const body = method === 'PATCH' ? { role: 'labeler' } : undefined;
      expect((await app.send({ method, path, as: siteAdmin, body })).statusCode).toBeLessThan(300);
      expect((await accept(token, newAccount())).statusCode).toBe(410);
    },
  );

  test('an API token does not take what its scopes do not give: a link is for a browser', async () => {
    const { token } = await invite({ role: 'admin' });
    const asker = await app.createAsker();
    const answer = await accept(token, undefined, await app.tokenOf(asker, ['read']));
    expect(answer.json()).toMatchObject({ status: 403, code: 'token_scope' });
    expect(await app.db.prisma.membership.count({ where: { userId: asker.userId } })).toBe(0);
  });
});

describe('password resets', () => {
  test('work once, end all sessions, and replace an earlier link', async () => {
    const { userId, email } = await createPerson();
    const actor = { userId: (await app.createAsker({ siteAdmin: true })).userId };
    const link = async () =>
      (await createPasswordReset({ db: app.db, actor, userId })).path.split('#')[1] ?? '';
    const reset = async (token: string) =>
      (await app.send({ method: 'POST', path: '/auth/reset', body: { token, password: 'a fresh password' } }))
        .statusCode;
    const before = { userId, email, headers: cookieOf(await signIn(email, PASSWORD)) };
    const [early, late] = [await link(), await link()];
    expect(await reset(early)).toBe(410);
    expect((await Promise.all([reset(late), reset(late), reset(late)])).sort()).toEqual([204, 410, 410]);
    expect((await app.send({ path: '/me', as: before })).statusCode).toBe(401);
    expect((await signIn(email, PASSWORD)).statusCode).toBe(401);
    expect((await signIn(email, 'a fresh password')).statusCode).toBe(200);
  });
});

test('disabling a person ends sessions and tokens and gives their task to others at once', async () => {
  const { prisma } = app.db;
  const { project, form } = await createProject(prisma);
  const { task } = await createTask(prisma, { projectId: project.id, formVersionId: form.id });
  const labeler = await app.createMemberAsker(project.id, 'labeler');
  const other = await app.createMemberAsker(project.id, 'labeler');
  const admin = await app.createAsker({ siteAdmin: true });
  const token = await app.tokenOf(labeler, ['read', 'label']);
  const claim = (as: Asker) =>
    app.send({ method: 'POST', path: `/projects/${project.id}/claim`, as, body: {} });
  expect((await claim(labeler)).json()).toMatchObject({ task: { taskId: task.id } });
  expect((await claim(other)).json()).toMatchObject({ task: null, withOthers: 1 });

  const path = `/users/${labeler.userId}`;
  expect((await app.send({ method: 'POST', path: `${path}/disable`, as: admin })).statusCode).toBe(204);
  expect((await claim(labeler)).statusCode).toBe(401);
  expect((await claim(token)).statusCode).toBe(401);
  expect((await claim(other)).json()).toMatchObject({ task: { taskId: task.id } });

  expect((await app.send({ method: 'POST', path: `${path}/enable`, as: admin })).statusCode).toBe(204);
  expect((await claim(labeler)).statusCode).toBe(401);
});

test('a role that is taken away is gone with the next request, for tokens too', async () => {
  const { project } = await createProject(app.db.prisma);
  const researcher = await app.createMemberAsker(project.id, 'researcher');
  const admin = await app.createMemberAsker(project.id, 'admin');
  const token = await app.tokenOf(researcher, ['read']);
  const path = `/projects/${project.id}/rounds`;
  expect((await app.send({ path, as: token })).statusCode).toBe(200);
  const person = `/projects/${project.id}/people/${researcher.userId}`;
  await app.send({ method: 'PATCH', path: person, as: admin, body: { role: 'labeler' } });
  expect((await app.send({ path, as: token })).statusCode).toBe(403);
  await app.send({ method: 'DELETE', path: person, as: admin });
  expect((await app.send({ path, as: token })).statusCode).toBe(404);
});

test('what admins do is written down without secrets', async () => {
  const { project } = await createProject(app.db.prisma);
  const admin = await app.createMemberAsker(project.id, 'admin');
  const path = `/projects/${project.id}/invitations`;
  const answer = await app.send({ method: 'POST', path, as: admin, body: { role: 'admin' } });
  const secret = answer.json<{ path: string }>().path.split('#')[1] ?? '';
  const { userId } = await app.createMemberAsker(project.id, 'labeler');
  const person = `/projects/${project.id}/people/${userId}`;
  await app.send({ method: 'PATCH', path: person, as: admin, body: { role: 'researcher' } });
  const { name } = await app.db.prisma.user.findUniqueOrThrow({ where: { id: userId } });
  const audit = await app.send({ path: `/projects/${project.id}/audit`, as: admin });
  expect(audit.json()).toMatchObject({
    items: [
      { action: 'role.changed', subject: name, detail: { role: 'researcher' } },
      { action: 'invitation.created', subject: null, detail: { role: 'admin' } },
    ],
  });
  expect(audit.body).not.toContain(secret);
});
