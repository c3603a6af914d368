export { detectFormat, FORMATS, readRow } from './formats/index.ts';
export { type ImportedResponse, type ImportedRow, MAX_RESPONSES } from './formats/imported-row.ts';
export { BadLineError } from './lines/parse-json-line.ts';
export {
  isGzip,
  type LineLimits,
  readLines,
  type ReadLine,
  UnreadableFileError,
} from './lines/read-lines.ts';
