import path from 'node:path';
import { NO_FILTERS, withSchemaEngine } from './schema-engine.ts';

type SchemaFiles = readonly [file: string, text: string][];

/** The SQL that turns a database of the old schema into one of the new; empty when they are the same. */
export async function diffSchemas(url: string, before: SchemaFiles, after: SchemaFiles): Promise<string> {
  const target = (files: SchemaFiles) =>
    files.length === 0
      ? { tag: 'empty' as const }
      : {
          tag: 'schemaDatamodel' as const,
          files: files.map(([file, content]) => ({ path: file, content })),
          configDir: path.dirname(files[0]?.[0] ?? ''),
        };
  const result = await withSchemaEngine({ url, datamodels: [...after] }, (engine) =>
    engine.diff({
      from: target(before),
      to: target(after),
      script: true,
      exitCode: null,
      filters: NO_FILTERS,
    }),
  );
  const sql = result.stdout ?? '';
  return /^\s*(-- This is an empty migration\.)?\s*$/.test(sql) ? '' : sql;
}
