'use client';

import { Button } from '@mantine/core';
import { RecipeName, RECIPES, roundRoutes, RoundState } from '@rankloop/contracts';
import { useQuery } from '@tanstack/react-query';
import { Choice } from '../../components/choice.tsx';
import { call } from '../../lib/api-client.ts';
import { useMembership } from '../../lib/session.ts';
import { DAY_CHOICES, type RoundFilters } from './round-filters.ts';
import { stateWord } from './round-state.tsx';

interface RoundsFiltersProps {
  filters: RoundFilters;
  onChange: (next: Partial<RoundFilters>) => void;
}

/** Narrows the list of rounds by status, recipe, person and time. */
export function RoundsFilters({ filters, onChange }: RoundsFiltersProps) {
  const { projectId } = useMembership();
  const starters = useQuery({
    queryKey: ['rounds', projectId, 'starters'],
    queryFn: ({ signal }) => call(roundRoutes.listRoundStarters, { params: { projectId } }, { signal }),
  });
  const { state, recipe, by, days } = filters;
  const people = (starters.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <div className="rounds-filters">
      <Choice
        size="xs"
        label="Status"
        placeholder="Any"
        clearable
        data={RoundState.options.map((value) => ({ value, label: stateWord(value) }))}
        value={state}
        onChange={(value) => onChange({ state: RoundState.safeParse(value).data ?? null })}
      />
      <Choice
        size="xs"
        label="Recipe"
        placeholder="Any"
        clearable
        data={RecipeName.options.map((value) => ({ value, label: RECIPES[value].label }))}
        value={recipe}
        onChange={(value) => onChange({ recipe: RecipeName.safeParse(value).data ?? null })}
      />
      <Choice
        size="xs"
        label="Started by"
        placeholder="Anybody"
        clearable
        data={[...people, { value: 'rule', label: 'the project’s rule' }]}
        value={by}
        onChange={(value) => onChange({ by: value })}
      />
      <Choice
        size="xs"
        label="Started"
        placeholder="Any time"
        clearable
        data={[...DAY_CHOICES]}
        value={days}
        onChange={(value) => onChange({ days: value })}
      />
      {(state ?? recipe ?? by ?? days) !== null && (
        <Button
          size="xs"
          variant="default"
          onClick={() => onChange({ state: null, recipe: null, by: null, days: null })}
        >
          Show all
        </Button>
      )}
    </div>
  );
}
