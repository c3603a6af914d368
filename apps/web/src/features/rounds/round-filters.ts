import { RecipeName, RoundState, type RouteInput } from '@rankloop/contracts';

/** Which rounds a list shows and which are compared, as the page's address holds it: it can be sent to somebody. */
export interface RoundFilters {
  state: RoundState | null;
  recipe: RecipeName | null;
  /** A person's id or `rule`. */
  by: string | null;
  days: string | null;
  /** Ids, in the order of choice. */
  compare: readonly string[];
  metric: string;
}

const DEFAULT_METRIC = 'objective/scores';
export const DAY_CHOICES = [
  { value: '1', label: 'Last day' },
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
  { value: '90', label: 'Last 90 days' },
] as const;

export function readFilters(search: Pick<URLSearchParams, 'get'>): RoundFilters {
  const days = search.get('days');
  return {
    state: RoundState.safeParse(search.get('state')).data ?? null,
    recipe: RecipeName.safeParse(search.get('recipe')).data ?? null,
    by: search.get('by'),
    days: DAY_CHOICES.some(({ value }) => value === days) ? days : null,
    compare: (search.get('compare') ?? '').split(',').filter((id) => id !== ''),
    metric: search.get('metric') ?? DEFAULT_METRIC,
  };
}

export function writeFilters({ compare, metric, ...filters }: RoundFilters): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(filters)) if (value !== null) search.set(key, value);
  if (compare.length > 0) search.set('compare', compare.join(','));
  if (metric !== DEFAULT_METRIC) search.set('metric', metric);
  return search.toString();
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** The filters as the API takes them. Times are cut to the hour, so that one filter is one query for a while. */
export function queryOf(
  { state, recipe, by, days }: RoundFilters,
  now: number,
): RouteInput<'listRounds'>['query'] {
  const since = Math.floor((now - Number(days) * DAY_MS) / HOUR_MS) * HOUR_MS;
  return {
    ...(state !== null && { state }),
    ...(recipe !== null && { recipe }),
    ...(by !== null && { startedBy: by }),
    ...(days !== null && { since: new Date(since).toISOString() }),
  };
}
