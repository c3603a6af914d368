export { failLostImports } from './fail-lost-imports.ts';
export { getImportRow, type ImportLine, importLines, type ImportLinesOptions } from './import-lines.ts';
export { cancelImport, listImportErrors, listImports, toImportView } from './list-imports.ts';
export { startImport, type StartImportOptions } from './start-import.ts';
export { type ExportLine, getSnapshotRow, readExportLines } from './read-export-lines.ts';
