import path from 'node:path';
import { keyOf, readCached, writeCached } from '../cache.ts';
import type { RunnableStudy, Study, StudyRun } from './study.ts';

const dirOf = (study: { name: string }, { cacheDir }: StudyRun): string =>
  path.join(cacheDir, 'studies', study.name);

function nameOf({ settings }: Pick<Study<never>, 'settings'>, { size, seed }: StudyRun): string {
  const { model, base } = size;
  return `${seed}-${keyOf({ model, base, seed, settings: settings(size) })}`;
}

const findAnswer = <Answer>(study: Study<Answer>, run: StudyRun): Answer | null =>
  readCached(dirOf(study, run), nameOf(study, run), study.answer);

/** An answer that is there is not asked for again. */
export async function answerOf<Answer>(study: Study<Answer>, run: StudyRun): Promise<Answer> {
  const known = findAnswer(study, run);
  if (known !== null) return known;
  const answer = await study.run(run);
  writeCached(dirOf(study, run), nameOf(study, run), answer);
  return answer;
}

export function runnable<Answer>(study: Study<Answer>): RunnableStudy {
  return {
    name: study.name,
    runSeed: async (run) => {
      await answerOf(study, run);
    },
    reportSeeds: (runs, report) => {
      study.report(
        // An answer may be a list: it stays one.
        runs.map((run) => findAnswer(study, run)).filter((answer) => answer !== null),
        report,
      );
    },
  };
}
