import type {
  BudgetAdvice,
  BudgetChoice,
  CurveComparison,
  CurveForecast,
  CurveResult,
} from '@rankloop/contracts';

/** What this advice is worth, said wherever it is given. */
const UNPROVEN =
  'This is a reading of these figures. Nothing has shown yet that following it beats a fixed split of the budget.';

/**
 * What to do with the next `budget` labels, from what was measured. A way is named only where its interval says that it
 * is the better one.
 */
export function adviseBudget(result: CurveResult | null, budget: number): BudgetAdvice {
  if (result === null) return unknown('No learning curve has been measured yet.');
  const now = result.forecast[0];
  if (!now) return unknown(result.why ?? 'The data are too few for a curve.');
  const forecast = forecastAt(result.forecast, now.labels + budget);
  const isBeyond = forecast.labels < now.labels + budget;
  return {
    choice: choose(result),
    now: { labels: now.labels, accuracy: now.value },
    forecast,
    sentences: [
      ...adviceOf(choose(result)),
      gainInWords(now, forecast, isBeyond ? forecast.labels - now.labels : budget),
      ...(isBeyond ? ['Further than that the curve says nothing.'] : []),
      ...(result.deep ? [deepInWords(result.deep)] : []),
      ...(result.fresh ? [freshInWords(result.fresh)] : []),
      UNPROVEN,
    ],
  };
}

function unknown(why: string): BudgetAdvice {
  return { choice: 'unknown', sentences: [why], forecast: null, now: null };
}

/** What the policy in use says now comes first: a reward model that misjudges it misleads the next round. */
function choose({ deep, fresh }: CurveResult): BudgetChoice {
  if (signOf(fresh) > 0) return 'fresh';
  if (signOf(deep) > 0) return 'labels';
  if (signOf(deep) < 0) return 'prompts';
  return deep?.difference || fresh?.difference ? 'either' : 'unknown';
}

/** 1 or -1 where the whole interval lies on one side, else 0. */
function signOf(comparison: CurveComparison | null): number {
  const { low, high } = comparison?.difference ?? { low: 0, high: 0 };
  return low > 0 ? 1 : high < 0 ? -1 : 0;
}

function adviceOf(choice: BudgetChoice): string[] {
  switch (choice) {
    case 'fresh':
      return ['Label fresh samples of the policy in use.'];
    case 'labels':
      return ['Ask for more labels of each prompt: raise the overlap.'];
    case 'prompts':
      return ['Label more prompts, each once.'];
    case 'either':
      return ['The figures do not tell the ways apart. Split the budget as you like.'];
    case 'unknown':
      return ['Which way to spend the labels cannot be told from these data.'];
  }
}

function gainInWords(now: CurveForecast, then: CurveForecast, labels: number): string {
  const foretold = `${labels} more labels of more prompts: held-out accuracy from ${percent(now.value)} to about ${percent(then.value)} (95 % interval ${percent(then.low)} to ${percent(then.high)}).`;
  return then.low > now.value ? foretold : `${foretold} No gain at all is within the interval.`;
}

function deepInWords({ difference, labels, why }: CurveComparison): string {
  if (!difference) return `More labels of each prompt: ${why ?? 'cannot be told.'}`;
  return `At ${labels} labels, several of each prompt gave ${points(difference)} against one of each of more prompts.`;
}

function freshInWords({ difference, labels, why }: CurveComparison): string {
  if (!difference) return `Fresh samples: ${why ?? 'cannot be told.'}`;
  return `At ${labels} labels, having half of them on outputs of the policy in use gave ${points(difference)} on such outputs.`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function points({ value, low, high }: NonNullable<CurveComparison['difference']>): string {
  const signed = (share: number) => `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(1)}`;
  return `${signed(value)} points (${signed(low)} to ${signed(high)})`;
}

/** Between two points of the curve, on a line over the logarithm of the labels; at most its last point. */
export function forecastAt(curve: readonly CurveForecast[], labels: number): CurveForecast {
  const after = curve.findIndex((point) => point.labels >= labels);
  const [to, from] = [curve.at(after), curve[after - 1]];
  if (!to) throw new Error('A forecast has points.');
  if (!from || to.labels === labels) return to;
  const share = Math.log(labels / from.labels) / Math.log(to.labels / from.labels);
  const between = (key: 'value' | 'low' | 'high') => from[key] + share * (to[key] - from[key]);
  return { labels, value: between('value'), low: between('low'), high: between('high') };
}
