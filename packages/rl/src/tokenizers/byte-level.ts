// The byte-level alphabet of GPT-2: every byte has a visible character, so that any text is a string of known symbols.

/** GPT-2's split into words: each keeps the space before it. Covers every character of every text. */
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Bytes that stand for themselves: printable Latin-1 without the space. */
const isVisible = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);

/** Character of each byte; those that are not visible count up from U+0100. */
export const BYTE_CHARACTERS: readonly string[] = ((): string[] => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isVisible(byte) ? byte : next++));
})();

const encoder = new TextEncoder();

/** The words of a text, each as byte characters. */
export function byteLevelWords(text: string): string[] {
  const words = text.match(WORDS) ?? [];
  return words.map((word) =>
    Array.from(encoder.encode(word), (byte) => BYTE_CHARACTERS[byte] ?? '').join(''),
  );
}
