import type { CheckpointDetail } from '@rankloop/contracts';

/** The file of a folder that Hugging Face shows as its card. */
export const CARD = 'README.md';

/** README.md of a checkpoint's folder, as Hugging Face's tools and pages read it. Says no name of a person. */
export function writeModelCard(detail: CheckpointDetail): string {
  const { checkpoint, project, lineageHash, files } = detail;
  const isPolicy = checkpoint.kind === 'policy';
  return [
    '---',
    'library_name: transformers',
    `pipeline_tag: ${isPolicy ? 'text-generation' : 'text-classification'}`,
    `tags: [rankloop, ${isPolicy ? 'rlhf' : 'reward-model'}${tagOf(detail)}]`,
    '---',
    '',
    `# ${plain(checkpoint.name)}`,
    '',
    `A ${isPolicy ? 'policy' : 'reward model'} of the Rankloop project ${plain(project)}, made ${checkpoint.createdAt.slice(0, 10)}.`,
    '',
    '## Use',
    '',
    ...usage(isPolicy),
    '',
    '## Data',
    '',
    ...data(detail),
    '',
    '## Settings',
    '',
    ...settings(detail),
    '',
    '## Measured',
    '',
    ...figures(detail),
    '',
    '## Lineage',
    '',
    ...origin(detail),
    `- Files: SHA-256 \`${checkpoint.manifestHash}\` over the list below`,
    ...(lineageHash === null ? [] : [`- Origin: SHA-256 \`${lineageHash}\` over settings, data and sources`]),
    '',
    '| File | Bytes | SHA-256 |',
    '| --- | ---: | --- |',
    ...files.map(({ name, bytes, sha256 }) => `| ${plain(name)} | ${bytes} | \`${sha256}\` |`),
    '',
  ].join('\n');
}

function tagOf({ stages }: CheckpointDetail): string {
  const recipe = stages.at(-1)?.recipe;
  return recipe === undefined || recipe === 'reward' ? '' : `, ${recipe}`;
}

function usage(isPolicy: boolean): string[] {
  if (!isPolicy)
    return [
      'The transformer of a causal language model with one scalar head, `score.weight`, that is read at the last token.',
      'A higher score is a better output.',
    ];
  return [
    '```python',
    'from transformers import AutoModelForCausalLM, AutoTokenizer',
    '',
    'model = AutoModelForCausalLM.from_pretrained(".")',
    'tokenizer = AutoTokenizer.from_pretrained(".")',
    '```',
  ];
}

function data({ snapshot, round }: CheckpointDetail): string[] {
  if (!snapshot) return [round ? 'No judgements.' : 'It came from outside: nothing is known of its data.'];
  return [
    `${snapshot.judgements} judgements by ${snapshot.people} ${snapshot.people === 1 ? 'labeler' : 'labelers'}: snapshot \`${snapshot.hash}\`.`,
    'A part of the prompts was held out for measuring.',
  ];
}

function settings({ round, stages }: CheckpointDetail): string[] {
  if (!round) return ['None: it was not made by a round.'];
  return [
    `Round ${round.number}. Its stages on which this checkpoint depends; the last one made it:`,
    '',
    '```json',
    JSON.stringify(
      stages.map(({ name, recipe, settings: config }) => ({ name, recipe, ...config })),
      null,
      2,
    ),
    '```',
  ];
}

function figures({ checkpoint }: CheckpointDetail): string[] {
  const { winRate, metrics } = checkpoint;
  const lines = winRate
    ? [
        `- Win rate over the base: ${share(winRate.value)} (95 % interval ${share(winRate.low)} to ${share(winRate.high)}), n ${winRate.n}, judge: ${plain(winRate.judge)}`,
      ]
    : [];
  for (const [name, value] of flatten(metrics)) lines.push(`- ${plain(name)}: ${value}`);
  return lines.length > 0 ? lines : ['Nothing was measured.'];
}

function origin({ madeOf }: CheckpointDetail): string[] {
  if (madeOf.length === 0) return ['- Made of: nothing that is known here'];
  return [`- Made of: ${madeOf.map(({ name }) => plain(name)).join(', ')}`];
}

/** The numbers of a report, named by their way down to them; lists of points are left to the round's page. */
function* flatten(value: unknown, path: readonly string[] = []): Generator<[string, number]> {
  if (typeof value === 'number') yield [path.join(' '), value];
  else if (typeof value === 'object' && value !== null && !Array.isArray(value))
    for (const [key, part] of Object.entries(value)) yield* flatten(part, [...path, key]);
}

const share = (value: number) => `${(value * 100).toFixed(1)} %`;

/** Names are a stranger's: on one line, and without a meaning in Markdown or HTML. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>#|&!]/g, (mark) => `\\${mark}`);
}
