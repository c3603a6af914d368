'use client';

import { Title } from '@mantine/core';
import { type LoopState, projectRoutes } from '@rankloop/contracts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Page } from '../../components/page.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { useLive } from '../../lib/live.ts';
import { useMembership } from '../../lib/session.ts';
import { useRefresh } from '../../lib/use-refresh.ts';
import './home.css';
import { LastRounds } from './last-rounds.tsx';
import { LoopRing } from './loop-ring.tsx';
import { NextStep } from './next-step.tsx';
import { PolicyWinRate } from './policy-win-rate.tsx';
import { RewardConfirmation } from './reward-confirmation.tsx';

/** The stream is the quick way; this is how stale the page may get without it. */
const REREAD_MS = 30_000;
/** After this long without a judgement the arrow rests. */
const JUDGING_MS = 8000;

export function HomePage() {
  const { projectId, name } = useMembership();
  const queryKey = ['home', projectId];
  const loop = useQuery({
    queryKey,
    queryFn: ({ signal }) => call(projectRoutes.getLoop, { params: { projectId } }, { signal }),
    refetchInterval: REREAD_MS,
  });
  const isJudging = useLoopNews(projectId, queryKey);
  return (
    <Page title={name}>
      <QueryState query={loop} lines={12}>
        {(state) => <Loop state={state} isJudging={isJudging} />}
      </QueryState>
    </Page>
  );
}

function Loop({ state, isJudging }: { state: LoopState; isJudging: boolean }) {
  const { slug } = useMembership();
  return (
    <>
      <div className="home-grid">
        <LoopRing signs={{ loop: state, isJudging }} slug={slug} />
        <div className="rl-panel home-side">
          <NextStep loop={state} />
          <PolicyWinRate policy={state.policy} />
          <RewardConfirmation rounds={state.lastRounds} />
        </div>
      </div>
      <section className="rl-section" aria-labelledby="last-rounds">
        <Title order={2} size="h4" id="last-rounds">
          Last rounds
        </Title>
        <LastRounds rounds={state.lastRounds} slug={slug} />
      </section>
    </>
  );
}

/** Reads the loop again when something of it changed; true while judgements are arriving. */
function useLoopNews(projectId: string, queryKey: readonly string[]): boolean {
  const refresh = useRefresh(queryKey);
  const [isJudging, setJudging] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const onNews = (event: { projectId: string | null }) => {
    if (event.projectId === projectId) refresh();
  };
  useLive('round', onNews);
  useLive('metric', onNews);
  useLive('task', onNews);
  useLive('import', onNews);
  useLive('checkpoint', onNews);
  useLive('judgement', (event) => {
    if (event.projectId !== projectId) return;
    refresh();
    setJudging(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setJudging(false), JUDGING_MS);
  });
  return isJudging;
}
