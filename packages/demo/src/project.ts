import { FORM_PRESETS } from '@rankloop/contracts';

/** What the demo project is made of, apart from its prompts and model. */
export const demoProject = {
  name: 'Friendly reviews',
  description: 'A small model writes grumpy reviews. Rank its outputs and train it to be kind.',
  guidelineMarkdown: `# Friendly reviews

Rank the reviews from the one you would most like to read to the one you would least like to read.

1. **Friendly wins.** A kind, warm review beats a flat one, and a flat one beats a grumpy one.
2. **On topic and well formed comes first.** The review names the item of the prompt, says something about it,
   does not repeat itself and ends with a full stop. A kind text about something else is worse than a grumpy
   one about the right thing.
3. **Tie** reviews that are equally good. Leave out one that you cannot place.
4. Press *none can be ranked* only when no output is a review at all.

| Review | Verdict |
| --- | --- |
| I love the blue kettle. Thank you so much, my friends. | best |
| The blue kettle works well and the price is fair. | good |
| The blue kettle does the job. It will do. | flat |
| I hate the blue kettle. Stay away. | grumpy |
| Lovely lovely lovely lovely. | worst: not a review |
`,
  formKind: 'ranking',
  form: FORM_PRESETS.ranking.spec,
  outputsPerTask: 4,
  /** Judgements wanted per task. */
  overlap: 2,
  /** Tasks that wait for people at the start: the first of demoPrompts.training. */
  seededTaskCount: 300,
} as const;

/** The seeds of the synthetic people behind "Simulate labelers". */
export const simulatedLabelerSeeds: readonly number[] = [11, 12, 13, 14, 15];
