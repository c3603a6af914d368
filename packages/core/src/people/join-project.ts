import { randomInt } from 'node:crypto';
import type { Role } from '@rankloop/contracts';
import type { Prisma } from '@rankloop/db';

// Without letters and digits that look alike: people read these aloud.
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

/** The only name of a person that leaves in exports; says nothing about who they are. */
export function newPseudonym(): string {
  return `p-${Array.from({ length: 7 }, () => LETTERS[randomInt(LETTERS.length)]).join('')}`;
}

export interface JoinProjectOptions {
  projectId: string;
  userId: string;
  role: Role;
}

export async function joinProject(
  tx: Pick<Prisma.TransactionClient, 'membership'>,
  { projectId, userId, role }: JoinProjectOptions,
): Promise<void> {
  await tx.membership.create({ data: { projectId, userId, role, pseudonym: newPseudonym() } });
}
