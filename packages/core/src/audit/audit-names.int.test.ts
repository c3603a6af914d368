import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuditAction } from '@rankloop/contracts';
import { createTestDatabase } from '@rankloop/testkit';
import { expect, it } from 'vitest';

const MIGRATION = join(
  import.meta.dirname,
  '../../../../prisma/migrations/20261121170000_audit_action_names/migration.sql',
);

it('rows of a version that named actions otherwise get the names of the list when the database is upgraded', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const oldNames = ['round.start', 'snapshot.export', 'project-created', 'signed-in', 'reset-created'];
  await db.prisma.auditEvent.createMany({
    data: oldNames.map((action) => ({ action, subjectType: 'any', detail: { was: action } })),
  });
  await db.pool.query(readFileSync(MIGRATION, 'utf8'));
  const rows = await db.prisma.auditEvent.findMany({ orderBy: { id: 'asc' } });
  expect(rows.map(({ action }) => AuditAction.parse(action))).toEqual([
    'round.started',
    'snapshot.exported',
    'project.created',
    'user.signed-in',
    'reset-link.created',
  ]);
  expect(rows.map(({ detail }) => detail)).toEqual(oldNames.map((was) => ({ was })));
  await database.close();
});
