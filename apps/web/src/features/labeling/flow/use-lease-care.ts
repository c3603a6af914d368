'use client';

import { labelingRoutes } from '@rankloop/contracts';
import { useEffect, useEffectEvent } from 'react';
import { ApiError, call } from '../../../lib/api-client.ts';
import { workOf, type Flow, type FlowEvent } from './flow.ts';

const LOOK_EVERY_MS = 15_000;
const PRESENT_WITHIN_MS = 120_000;

interface LeaseCare {
  projectId: string;
  leaseTtlMs: number;
  flow: Flow;
  dispatch: (event: FlowEvent) => void;
}

/** Holds the tasks in hand while a person is there; says when the time of one is over. */
export function useLeaseCare({ projectId, leaseTtlMs, flow, dispatch }: LeaseCare): void {
  const look = useEffectEvent((lastTouch: number) => {
    const work = workOf(flow);
    if (work.phase !== 'answering') return;
    const present = document.visibilityState === 'visible' && Date.now() - lastTouch < PRESENT_WITHIN_MS;
    for (const { leaseId, expiresAt } of work.next ? [work.task, work.next] : [work.task]) {
      const left = new Date(expiresAt).getTime() - Date.now();
      if (present && left < leaseTtlMs / 2) {
        call(labelingRoutes.renewLease, { params: { projectId, leaseId } })
          .then((answer) => dispatch({ type: 'renewed', leaseId, expiresAt: answer.expiresAt }))
          .catch((error: unknown) => {
            if (error instanceof ApiError && error.status < 500) dispatch({ type: 'leaseOver', leaseId });
          });
      } else if (left <= 0) dispatch({ type: 'leaseOver', leaseId });
    }
  });
  useEffect(() => {
    let lastTouch = Date.now();
    const onTouch = () => {
      lastTouch = Date.now();
    };
    const timer = setInterval(() => look(lastTouch), LOOK_EVERY_MS);
    window.addEventListener('pointerdown', onTouch, { passive: true });
    window.addEventListener('keydown', onTouch);
    return () => {
      clearInterval(timer);
      window.removeEventListener('pointerdown', onTouch);
      window.removeEventListener('keydown', onTouch);
    };
  }, []);
}
