// Which prompts train and which are held out.

import { createHash } from 'node:crypto';

/**
 * Splits by the text of the prompt, so that two tasks with one prompt are never on different sides. A prompt's side
 * depends on its text and the seed alone: prompts that come later move nothing. Both sides get at least one prompt
 * where there are two.
 */
export function splitByPrompt<Item extends { promptText: string }>(
  items: readonly Item[],
  options: { heldOutFraction: number; seed: number },
): { train: Item[]; heldOut: Item[] } {
  const places = new Map(items.map(({ promptText }) => [promptText, placeOf(promptText, options.seed)]));
  const ordered = [...places].sort((a, b) => a[1] - b[1]);
  const heldOutTexts = new Set(
    ordered.filter(([, place]) => place < options.heldOutFraction).map(([promptText]) => promptText),
  );
  const [first, last] = [ordered.at(0), ordered.at(-1)];
  if (ordered.length >= 2 && first !== undefined && last !== undefined) {
    if (heldOutTexts.size === 0) heldOutTexts.add(first[0]);
    if (heldOutTexts.size === ordered.length) heldOutTexts.delete(last[0]);
  }
  return {
    train: items.filter(({ promptText }) => !heldOutTexts.has(promptText)),
    heldOut: items.filter(({ promptText }) => heldOutTexts.has(promptText)),
  };
}

/** Uniform in [0, 1), from the first 48 bits of SHA-256. */
function placeOf(promptText: string, seed: number): number {
  const digest = createHash('sha256').update(`${seed}\n${promptText}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
