export { detectFormat, FORMATS, readRow } from './formats/index.ts';
export { BadLineError } from './lines/parse-json-line.ts';
export {
  isGzip,
  type LineLimits,
  readLines,
  type ReadLine,
  UnreadableFileError,
} from './lines/read-lines.ts';
export { type ImportFile, type ImportFileLine, openImportFile, previewImport } from './read-import.ts';
export { type ExportableJudgement, measureExport, writeExport } from './exports/write-export.ts';
