import { emitLiveEvent } from '@rankloop/core';
import type { Db } from '@rankloop/db';

/** Pages that count judgements need to hear of them about once a second, not once per judgement. */
const MIN_INTERVAL_MS = 1000;

export interface JudgementNews {
  tell(projectId: string): void;
}

/** Tells open pages that a project has new judgements, at most once per interval and project. */
export function createJudgementNews(db: Pick<Db, 'pool'>): JudgementNews {
  const pending = new Map<string, NodeJS.Timeout>();
  const tell = (projectId: string): void => {
    if (pending.has(projectId)) return;
    const timer = setTimeout(() => {
      pending.delete(projectId);
      // News are a courtesy: a page that misses one reads the truth when it is next opened.
      emitLiveEvent(db, { topic: 'judgement', projectId, data: {} }).catch(() => undefined);
    }, MIN_INTERVAL_MS);
    timer.unref();
    pending.set(projectId, timer);
  };
  return { tell };
}
