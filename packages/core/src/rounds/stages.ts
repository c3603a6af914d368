import { lastMade, RECIPES, type RecipeName, type RoundConfig } from '@rankloop/contracts';

export interface RoundStage {
  name: string;
  /** Null for the stations that every round has. */
  recipe: RecipeName | null;
  /** Of the round's time, usually; all shares of a round add up to 1. */
  share: number;
}

/** The stations of a round in order: its stages, and what every round has around them. */
export function stagesOf({ stages }: Pick<RoundConfig, 'stages'>): RoundStage[] {
  const all: RoundStage[] = [
    { name: 'snapshot', recipe: null, share: 0.02 },
    ...stages.map(({ name, recipe }) => ({ name, recipe, share: RECIPES[recipe].share })),
    // Without a new policy there is nothing to compare.
    ...(lastMade(stages, 'policy') ? [{ name: 'sample', recipe: null, share: 0.1 }] : []),
    { name: 'queue', recipe: null, share: 0.08 },
  ];
  const sum = all.reduce((total, { share }) => total + share, 0);
  return all.map((stage) => ({ ...stage, share: stage.share / sum }));
}

export const ACTIVE_STATES = ['queued', 'running', 'cancelling'] as const;
