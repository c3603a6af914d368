import { demoItems } from './items.ts';
import type { Item } from './items.ts';
import { createRandom } from './random.ts';

export interface DemoPrompt {
  /** Stable over versions: safe as an external id. */
  id: string;
  text: string;
  item: Item;
}

const leads = ['Review of', 'My view of', 'Words on'] as const;

const promptSeed = 20_240_501;
const trainingCount = 600;
const heldOutCount = 400;

function buildPrompts(): { training: readonly DemoPrompt[]; heldOut: readonly DemoPrompt[] } {
  const random = createRandom(promptSeed);
  const prompts = random.shuffle(demoItems).map((item) => ({
    id: `demo-${item.adjective}-${item.noun}`,
    text: reviewPrompt(item, random.weighted([6, 2, 2])),
    item,
  }));
  return {
    training: prompts.slice(0, trainingCount),
    heldOut: prompts.slice(trainingCount, trainingCount + heldOutCount),
  };
}

export function reviewPrompt(item: Item, lead = 0): string {
  return `${leads[lead] ?? leads[0]} the ${item.name}:`;
}

export const notePrompt = (item: Item): string => `Note about the ${item.name}:`;

/** `training` is labeled and trained on; `heldOut` shares no item with it and only ever measures. */
export const demoPrompts = buildPrompts();

const itemOfName = new Map(demoItems.map((item) => [item.name, item]));

/** The item that a prompt asks about; undefined for a prompt that is not of the small world. */
export function findItemOfPrompt(prompt: string): Item | undefined {
  const name = /^(?:Review of|My view of|Words on|Note about) the ([a-z]+ [a-z]+):\s*$/.exec(prompt)?.[1];
  return name === undefined ? undefined : itemOfName.get(name);
}
