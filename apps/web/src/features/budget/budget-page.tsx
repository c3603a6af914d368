'use client';

import { NumberInput, Text } from '@mantine/core';
import { budgetRoutes, type BudgetView } from '@rankloop/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Page } from '../../components/page.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { useLive } from '../../lib/live.ts';
import { useMembership } from '../../lib/session.ts';
import { useRefresh } from '../../lib/use-refresh.ts';
import './budget.css';
import { CurveState, isMeasuring } from './curve-state.tsx';
import { judgementsInWords } from './judgements-in-words.ts';
import { LearningCurve, type LearningCurveProps } from './learning-curve.tsx';

const DEFAULT_LABELS = 200;
const MOST_LABELS = 1_000_000;

export function BudgetPage() {
  const { projectId } = useMembership();
  const [typed, setTyped] = useState<number | string>(DEFAULT_LABELS);
  const labels = typeof typed === 'number' && typed >= 1 ? Math.round(typed) : DEFAULT_LABELS;
  const queryKey = ['budget', projectId];
  const budget = useQuery({
    queryKey: [...queryKey, labels],
    queryFn: ({ signal }) =>
      call(budgetRoutes.getBudget, { params: { projectId }, query: { labels } }, { signal }),
    placeholderData: keepPreviousData,
  });
  const refresh = useRefresh(queryKey);
  useLive('side-run', (event) => {
    if (event.projectId === projectId) refresh();
  });
  return (
    <Page title="Budget">
      <QueryState query={budget}>
        {(view) => (
          <>
            <Advice view={view} typed={typed} onType={setTyped} />
            <CurveState view={view} onChange={refresh} />
            <LearningCurve {...shownOf(view)} />
          </>
        )}
      </QueryState>
    </Page>
  );
}

/** While a curve is being measured, its points as they come; else the last whole one. */
function shownOf({ curve, measured, advice }: BudgetView): LearningCurveProps {
  if (curve && isMeasuring(curve) && curve.result.points.length > 0)
    return { result: curve.result, target: null };
  return { result: measured?.result ?? null, target: advice.forecast };
}

interface AdviceProps {
  view: BudgetView;
  typed: number | string;
  onType: (labels: number | string) => void;
}

function Advice({ view, typed, onType }: AdviceProps) {
  const [first, ...reasons] = view.advice.sentences;
  return (
    <section className="rl-panel budget-advice" aria-label="What to do next">
      <NumberInput
        label="Labels to spend"
        min={1}
        max={MOST_LABELS}
        step={100}
        allowDecimal={false}
        value={typed}
        onChange={onType}
      />
      <div aria-live="polite">
        <Text fw={600}>{first}</Text>
        {reasons.map((reason) => (
          <Text key={reason} size="sm" mt={4}>
            {reason}
          </Text>
        ))}
      </div>
      <Text size="sm" c="dimmed" className="budget-facts">
        {judgementsInWords(view)}
      </Text>
    </section>
  );
}
