export interface Piece {
  text: string;
  /** In no or not in all other outputs. */
  own: boolean;
}

const WORD = /[\p{L}\p{N}'’]+/gu;

/** Cuts each text into pieces that all texts share and pieces that they do not, word by word. */
export function differences(texts: readonly string[]): Piece[][] {
  const words = texts.map((text) => new Set(Array.from(text.matchAll(WORD), ([word]) => word.toLowerCase())));
  const isShared = (word: string) => words.every((set) => set.has(word.toLowerCase()));
  return texts.map((text) => {
    const pieces: Piece[] = [];
    let at = 0;
    for (const match of text.matchAll(WORD)) {
      push(pieces, text.slice(at, match.index), false);
      push(pieces, match[0], !isShared(match[0]));
      at = match.index + match[0].length;
    }
    push(pieces, text.slice(at), false);
    return pieces;
  });
}

function push(pieces: Piece[], text: string, own: boolean): void {
  const last = pieces.at(-1);
  if (text === '') return;
  if (last?.own === own) last.text += text;
  else pieces.push({ text, own });
}
