import path from 'node:path';
import { keyOf, readCached, writeCached } from '../cache.ts';
import type { RunnableStudy, Study, StudyRun } from './study.ts';

/** Answers that are there are not asked for again. */
export function runnable<Answer>(study: Study<Answer>): RunnableStudy {
  const dirOf = ({ cacheDir }: StudyRun): string => path.join(cacheDir, 'studies', study.name);
  const nameOf = ({ size, seed }: StudyRun): string => {
    const { model, base } = size;
    return `${seed}-${keyOf({ model, base, seed, settings: study.settings(size) })}`;
  };
  const find = (run: StudyRun): Answer | null => readCached(dirOf(run), nameOf(run), study.answer);
  return {
    name: study.name,
    runSeed: async (run) => {
      if (find(run) === null) writeCached(dirOf(run), nameOf(run), await study.run(run));
    },
    reportSeeds: (runs, report) => {
      study.report(
        // An answer may be a list: it stays one.
        runs.map(find).filter((answer) => answer !== null),
        report,
      );
    },
  };
}
