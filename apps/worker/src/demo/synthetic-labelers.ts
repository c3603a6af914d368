import { hashSecret, newSecret } from '@rankloop/core';
import type { PrismaClient } from '@rankloop/db';
import { simulatedLabelerSeeds } from '@rankloop/demo';

export interface SyntheticLabeler {
  seed: number;
  /** Of the API, for this run only. */
  token: string;
}

const TOKEN_HOURS = 6;
const TOKEN_NAME = 'simulation';

/** Accounts that nobody can sign in to, members of the demo project, each with a token that may label. */
export async function prepareSyntheticLabelers(
  prisma: PrismaClient,
  projectId: string,
): Promise<SyntheticLabeler[]> {
  const labelers: SyntheticLabeler[] = [];
  for (const seed of simulatedLabelerSeeds) {
    const token = `rl_${newSecret()}`;
    const email = `synthetic-${seed}.${projectId}@demo.local`;
    const user = await prisma.user.upsert({
      where: { email },
      create: { name: `Synthetic labeler ${seed}`, email, kind: 'synthetic' },
      update: {},
    });
    await prisma.membership.upsert({
      where: { projectId_userId: { projectId, userId: user.id } },
      create: { projectId, userId: user.id, role: 'labeler', pseudonym: `synthetic-${seed}` },
      update: {},
    });
    await prisma.apiToken.deleteMany({ where: { userId: user.id } });
    await prisma.apiToken.create({
      data: {
        userId: user.id,
        name: TOKEN_NAME,
        tokenHash: hashSecret(token),
        hint: token.slice(-4),
        scopes: ['label'],
        expiresAt: new Date(Date.now() + TOKEN_HOURS * 3_600_000),
      },
    });
    labelers.push({ seed, token });
  }
  return labelers;
}

/** The run is over: its tokens are worth nothing any more. */
export async function dropSyntheticTokens(prisma: PrismaClient, projectId: string): Promise<void> {
  await prisma.apiToken.deleteMany({
    where: { name: TOKEN_NAME, user: { kind: 'synthetic', memberships: { some: { projectId } } } },
  });
}
