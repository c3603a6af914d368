export { failLostImports } from './fail-lost-imports.ts';
export { getImportRow, importLines } from './import-lines.ts';
export type { ImportLine, ImportLinesOptions } from './import-run.ts';
export { cancelImport, listImportErrors, listImports, toImportView } from './list-imports.ts';
export { startImport, type StartImportOptions } from './start-import.ts';
export { type ExportLine, getSnapshotRow, readExportLines } from './read-export-lines.ts';
