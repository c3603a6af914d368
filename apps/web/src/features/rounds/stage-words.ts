import { RECIPES, type StageView } from '@rankloop/contracts';

/** Stations that every round has. */
const STATIONS: Readonly<Record<string, string>> = {
  snapshot: 'Freeze judgements',
  sample: 'Compare',
  queue: 'New tasks',
};

/** "Reward model", or "Reward model: helpful" where the stage has a name of its own. */
export function stageTitle({ name, recipe }: Pick<StageView, 'name' | 'recipe'>): string {
  if (recipe === null) return STATIONS[name] ?? name;
  const { label } = RECIPES[recipe];
  return name === recipe ? label : `${label}: ${name}`;
}
