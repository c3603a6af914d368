import { loadTextModel, type TextModel } from '@rankloop/rl';

/** Two stand side by side on the page. The process that holds them ends when nobody has drawn for a while. */
const MOST_KEPT = 2;

/** By folder, the one that was used last at the end. */
const shelf = new Map<string, TextModel>();

/** A model that was drawn from just now is still there; otherwise it takes the place of the one that rested longest. */
export async function takeModel(dir: string): Promise<TextModel> {
  const known = shelf.get(dir);
  shelf.delete(dir);
  // Before the next one is read, so that never more than the two are in memory.
  for (const [oldest, model] of [...shelf].slice(0, Math.max(0, shelf.size - MOST_KEPT + 1))) {
    shelf.delete(oldest);
    model.dispose();
  }
  const model = known ?? (await loadTextModel(dir));
  shelf.set(dir, model);
  return model;
}
