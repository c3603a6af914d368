import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Role } from '@rankloop/contracts';
import { createUser, joinProject, newSecret, setPassword } from '@rankloop/core';
import type { Prisma } from '@rankloop/db';
import { z } from 'zod';
import type { CliContext } from '../context.ts';

const DemoSignIn = z.object({ role: Role, email: z.string(), password: z.string() });
export type DemoSignIn = z.infer<typeof DemoSignIn>;

const ACCOUNTS: readonly { role: Role; name: string }[] = [
  { role: 'labeler', name: 'Demo labeler' },
  { role: 'researcher', name: 'Demo researcher' },
  { role: 'admin', name: 'Demo admin' },
];

/**
 * One account per role, with passwords of this installation's own. They are kept beside the data, readable by its
 * owner alone, so that every start can say them again; when that file is lost, new ones are set.
 */
export async function prepareDemoAccounts(
  { config, db }: CliContext,
  projectId: string,
): Promise<DemoSignIn[]> {
  const file = join(config.dataDir, 'demo-sign-in.json');
  const known = new Map((await readKnown(file)).map((signIn) => [signIn.email, signIn]));
  const signIns = ACCOUNTS.map(({ role }) => {
    const email = `${role}@demo.local`;
    return known.get(email) ?? { role, email, password: newSecret().slice(0, 16) };
  });
  // The file first: a password that nobody knows would be worse than one that is not set yet.
  await writeFile(file, `${JSON.stringify(signIns, null, 2)}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
  await db.prisma.$transaction(async (tx) => {
    for (const [index, { role, name }] of ACCOUNTS.entries()) {
      const signIn = signIns[index];
      if (signIn)
        await prepareAccount(tx, { ...signIn, role, name, projectId, isKnown: known.has(signIn.email) });
    }
  });
  return signIns;
}

/**
 * How to sign in where everything is as it was left: one question, because every start asks it.
 * @returns undefined when the project, an account, a membership or a password is missing
 */
export async function readDemoSignIns({ config, db }: CliContext): Promise<DemoSignIn[] | undefined> {
  const known = await readKnown(join(config.dataDir, 'demo-sign-in.json'));
  const { rows } = await db.pool.query<{ email: string }>(
    `SELECT u."email" FROM "project" p
       JOIN "membership" m ON m."projectId" = p."id" JOIN "user" u ON u."id" = m."userId"
     WHERE p."isDemo" AND u."email" = ANY($1)`,
    [known.map(({ email }) => email)],
  );
  const areThere = new Set(rows.map(({ email }) => email));
  const signIns = known.filter(({ email }) => areThere.has(email));
  return signIns.length === ACCOUNTS.length ? signIns : undefined;
}

interface AccountOptions extends DemoSignIn {
  name: string;
  projectId: string;
  isKnown: boolean;
}

async function prepareAccount(tx: Prisma.TransactionClient, options: AccountOptions): Promise<void> {
  const { role, name, email, password, projectId, isKnown } = options;
  const found = await tx.user.findUnique({
    where: { email },
    include: { memberships: { where: { projectId } } },
  });
  if (found && !isKnown) await setPassword(tx, found.id, password);
  const userId =
    found?.id ?? (await createUser(tx, { name, email, password, siteAdmin: role === 'admin' })).userId;
  if (!found?.memberships.length) await joinProject(tx, { projectId, userId, role });
}

async function readKnown(file: string): Promise<DemoSignIn[]> {
  try {
    return z.array(DemoSignIn).parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // Not there, or spoilt: the same as never written.
    return [];
  }
}
