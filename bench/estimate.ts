import { ROUND_PRESETS, RoundConfig, type RoundEstimate, type StageSpecInput } from '@rankloop/contracts';
import { atLeast } from './lib/bar.ts';
import { startReport } from './lib/report.ts';
import { startBenchServer } from './labeling/server.ts';
import { runRounds, type DemoRounds } from './training-load/demo-rounds.ts';

/**
 * How long rounds take against what was said before they began. `quick`: small ones only.
 */
const QUICK = process.argv.includes('quick');
const WITHIN = 0.3;

const small = { maxNewTokens: 16 };
const reward = (epochs: number): StageSpecInput => ({
  recipe: 'reward',
  config: { batchPrompts: 8, normalisationSamples: 32, epochs },
});
const ppo = (iterations: number): StageSpecInput => ({
  recipe: 'ppo',
  config: {
    ...small,
    iterations,
    episodesPerIteration: 32,
    minibatchEpisodes: 16,
    sampleEvery: 5,
    samplePrompts: 2,
    weighByConfidence: false,
  },
});
const roundOf = (...stages: StageSpecInput[]): RoundConfig =>
  RoundConfig.parse({ newTasks: 8, comparePrompts: 16, sampling: small, stages });

/** Rounds of the same recipes in two sizes: the second follows the first. */
const ROUNDS: readonly { name: string; first: RoundConfig; again: RoundConfig }[] = [
  { name: 'reward model', first: roundOf(reward(1)), again: roundOf(reward(3)) },
  { name: 'PPO', first: roundOf(reward(1), ppo(4)), again: roundOf(reward(2), ppo(10)) },
  {
    name: 'DPO',
    first: roundOf({ recipe: 'dpo', config: { epochs: 1 } }),
    again: roundOf({ recipe: 'dpo', config: { epochs: 2 } }),
  },
  {
    name: 'best of n',
    first: roundOf(reward(1), { recipe: 'best-of-n', config: { ...small, n: 4, prompts: 32, epochs: 1 } }),
    again: roundOf(reward(1), { recipe: 'best-of-n', config: { ...small, n: 8, prompts: 32, epochs: 2 } }),
  },
];

const report = startReport({ name: 'estimate' });
const server = await startBenchServer();
const rounds = await runRounds(server, { judgements: 120 });
try {
  await rounds.measured();
  const first: number[] = [];
  for (const round of ROUNDS) first.push(await compare(rounds, `${round.name}, first`, round.first));
  if (!QUICK) first.push(await compare(rounds, 'the demo, first', ROUND_PRESETS.demo.config));
  const again: number[] = [];
  for (const round of ROUNDS) again.push(await compare(rounds, `${round.name}, larger`, round.again));
  if (!QUICK) again.push(await compare(rounds, 'the demo, again', ROUND_PRESETS.demo.config));
  add('first rounds of a recipe', first);
  add('with earlier rounds of the same recipes', again);
} finally {
  await rounds.close();
  await server.close();
}
report.finish();

function add(which: string, ratios: readonly number[]): void {
  const isNear = (ratio: number) => Math.abs(ratio - 1) <= WITHIN;
  report.add({
    figure: `${which}: estimates within 30 %`,
    unit: '%',
    value: (100 * ratios.filter(isNear).length) / ratios.length,
    bar: atLeast(80),
  });
  report.add({
    figure: `${which}: worst ratio, either way`,
    unit: 'x',
    value: Math.max(...ratios.map((ratio) => Math.max(ratio, 1 / ratio))),
  });
}

/** @returns estimated over real seconds */
async function compare(of: DemoRounds, name: string, config: RoundConfig): Promise<number> {
  const estimate = await of.estimate(config);
  const { seconds } = await of.run(config);
  const said: RoundEstimate = estimate ?? { seconds: Number.NaN, basis: 'guess', rounds: 0 };
  const basis = `${said.basis}, ${said.rounds} earlier`;
  report.add({ figure: `${name}: took`, unit: 's', value: seconds });
  report.add({ figure: `${name}: estimated (${basis})`, unit: 's', value: said.seconds });
  return said.seconds / seconds;
}
