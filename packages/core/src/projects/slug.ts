import { randomBytes } from 'node:crypto';
import type { Prisma } from '@rankloop/db';

/** The name as it stands in addresses: small letters, digits, dashes. */
export function slugify(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase();
  const slug = plain
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  return slug.replace(/-+$/, '') || 'project';
}

/** The slug of a name, with a short random end when another project has it. */
export async function newSlug(tx: Pick<Prisma.TransactionClient, 'project'>, name: string): Promise<string> {
  const slug = slugify(name);
  const taken = await tx.project.findUnique({ where: { slug }, select: { id: true } });
  return taken ? `${slug}-${randomBytes(3).toString('hex')}` : slug;
}
