import { type LanguageModelExample, Random, Tokenizer } from '@rankloop/rl';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const GZIP_MAGIC = [0x1f, 0x8b];

/** The text of a plain or gzip file. */
export function readText(file: string): string {
  const bytes = readFileSync(file);
  const isGzip = GZIP_MAGIC.every((byte, i) => bytes[i] === byte);
  return (isGzip ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** One token for each character that occurs. Characters outside ASCII would be several bytes, and are refused. */
export function characterTokenizer(text: string): Tokenizer {
  const characters = [...new Set(text)].sort();
  const foreign = characters.find((character) => !/^[\n\x20-\x7e]$/.test(character));
  if (foreign !== undefined) {
    throw new Error(`The text holds ${JSON.stringify(foreign)}: only ASCII is one byte per character.`);
  }
  return new Tokenizer({
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(characters.map((character, id) => [byteSymbol(character), id])),
      merges: [],
    },
  });
}

/** GPT-2's alphabet of bytes writes control characters and the space from U+0100 on. */
function byteSymbol(character: string): string {
  const code = character.charCodeAt(0);
  return code <= 0x20 ? String.fromCharCode(0x100 + code) : character;
}

/** Windows at random places; all characters but the first are learned. */
export function randomWindows(
  text: string,
  { count, length, seed }: { count: number; length: number; seed: number },
): LanguageModelExample[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => windowAt(text, random.below(text.length - length + 1), length));
}

/** Windows that follow each other, so that every character but the last few is predicted once. */
export function consecutiveWindows(text: string, length: number): LanguageModelExample[] {
  const count = Math.floor((text.length - 1) / (length - 1));
  return Array.from({ length: count }, (_, i) => windowAt(text, i * (length - 1), length));
}

function windowAt(text: string, start: number, length: number): LanguageModelExample {
  return { prompt: text.charAt(start), completion: text.slice(start + 1, start + length) };
}
