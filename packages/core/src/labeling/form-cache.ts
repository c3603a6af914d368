import { AppError, FormSpec } from '@rankloop/contracts';
import type { Pool } from '@rankloop/db';

/** Form versions never change, so a process may keep them; the bound only guards against very many projects. */
const MAX_CACHED_FORMS = 1000;
const forms = new Map<string, FormSpec>();

/** The form of a version. @throws AppError `not_found` */
export async function getForm(pool: Pool, formVersionId: string): Promise<FormSpec> {
  const cached = forms.get(formVersionId);
  if (cached) return cached;
  const { rows } = await pool.query<{ spec: unknown }>({
    name: 'form-read',
    text: 'SELECT "spec" FROM "form_version" WHERE "id" = $1::uuid',
    values: [formVersionId],
  });
  if (!rows[0]) throw new AppError('not_found', { detail: 'The form of this task is gone' });
  const form = FormSpec.parse(rows[0].spec);
  if (forms.size >= MAX_CACHED_FORMS) forms.clear();
  forms.set(formVersionId, form);
  return form;
}
