import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { AuditAction } from '@rankloop/contracts';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../../..');
const RECORDER = 'packages/core/src/audit/record-audit-event.ts';

/** The program's own sources, without tests and what is generated. */
const sources = ['apps', 'packages'].flatMap((kind) =>
  readdirSync(join(ROOT, kind)).flatMap((name) => {
    const folder = join(ROOT, kind, name, 'src');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path) && !/\.test\.|(^|[\\/])generated[\\/]/.test(path))
      .map((path) => {
        const file = join(folder, path);
        return { path: relative(ROOT, file).split(sep).join('/'), text: readFileSync(file, 'utf8') };
      });
  }),
);

// Its parameter's type is the list: what it alone writes is in the list.
it('nothing writes to the audit trail but the one recorder, which takes names of the list only', () => {
  const writers = sources.filter(({ text }) =>
    /auditEvent\s*\.\s*(create|update|upsert)|(INSERT\s+INTO|UPDATE)\s+"?audit_event/i.test(text),
  );
  expect(writers.map(({ path }) => path)).toEqual([RECORDER]);
  expect(writers[0]?.text).toContain('action: AuditAction;');
});

it('every name of the list is written somewhere', () => {
  const serverSources = sources.filter(({ path }) => /^(apps\/(api|cli|worker)|packages\/core)\//.test(path));
  const unused = AuditAction.options.filter(
    (action) => !serverSources.some(({ text }) => text.includes(`'${action}'`)),
  );
  expect(unused).toEqual([]);
});

it('every name has one form: what it happened to, and what happened in the past tense', () => {
  const form = /^[a-z]+(-[a-z]+)*\.([a-z]+ed|reset|signed-in)$/;
  expect(AuditAction.options.filter((action) => !form.test(action))).toEqual([]);
});
