import { FormSpec } from '@rankloop/contracts';
import type { Prisma } from '@rankloop/db';

/** Every version of a project's form, by id: a judgement says which one it was given on. */
export async function readForms(
  reader: Pick<Prisma.TransactionClient, 'formVersion'>,
  projectId: string,
): Promise<ReadonlyMap<string, FormSpec>> {
  const rows = await reader.formVersion.findMany({ where: { projectId }, select: { id: true, spec: true } });
  return new Map(rows.map(({ id, spec }) => [id, FormSpec.parse(spec)]));
}
