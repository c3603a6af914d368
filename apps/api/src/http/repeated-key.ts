const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;

/** An object or a list that is open at a place in the text, and where in it that place is. */
interface Open {
  /** Null in a list. */
  keys: Set<string> | null;
  at: string | number;
}

/**
 * Where an object of a JSON text names a key twice: a parser keeps the last of them without a word, so an output that is
 * ranked twice would lose one of its ranks. The text must be valid JSON.
 */
export function findRepeatedKey(json: string): readonly PropertyKey[] | undefined {
  const open: Open[] = [];
  let lastString = '';
  for (let i = 0; i < json.length; i++) {
    switch (json.charCodeAt(i)) {
      case QUOTE: {
        const end = endOfString(json, i);
        lastString = json.slice(i, end);
        i = end - 1;
        break;
      }
      case 123: // {
        open.push({ keys: new Set(), at: '' });
        break;
      case 91: // [
        open.push({ keys: null, at: 0 });
        break;
      case 125: // }
      case 93: // ]
        open.pop();
        break;
      case COMMA: {
        const list = open.at(-1);
        if (typeof list?.at === 'number') list.at += 1;
        break;
      }
      case COLON: {
        const object = open.at(-1);
        const key = lastString.includes('\\') ? String(JSON.parse(lastString)) : lastString.slice(1, -1);
        if (object?.keys?.has(key)) return [...open.slice(0, -1).map(({ at }) => at), key];
        object?.keys?.add(key);
        if (object) object.at = key;
      }
    }
  }
  return undefined;
}

/** The index after the closing quote. */
function endOfString(json: string, start: number): number {
  for (let i = start + 1; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === BACKSLASH) i += 1;
    else if (code === QUOTE) return i + 1;
  }
  return json.length;
}
