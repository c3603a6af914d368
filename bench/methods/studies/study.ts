import type { z } from 'zod';
import type { Report } from '../../lib/report.ts';
import type { Size } from '../sizes.ts';

export interface StudyRun {
  size: Size;
  seed: number;
  cacheDir: string;
}

/** One question, asked once per seed; what a seed answers is plain JSON and kept. */
export interface Study<Answer> {
  name: string;
  /** Everything that an answer depends on besides size and seed. */
  settings: (size: Size) => object;
  answer: z.ZodType<Answer>;
  run: (run: StudyRun) => Promise<Answer>;
  report: (answers: readonly Answer[], report: Report) => void;
}

/** For a test, where everything is called and nothing is learned. */
export const isTiny = ({ name }: Pick<Size, 'name'>): boolean => name === 'tiny';

/** A study whose answers are read back by its own schema, so that its caller need not know what they are. */
export interface RunnableStudy {
  name: string;
  runSeed: (run: StudyRun) => Promise<void>;
  reportSeeds: (runs: readonly StudyRun[], report: Report) => void;
}
