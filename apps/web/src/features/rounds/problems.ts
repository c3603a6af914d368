import type { RoundProblem } from '@rankloop/contracts';

type Path = RoundProblem['path'];

/** Those that stand below a place, with their paths from there on. */
export function problemsBelow<P extends RoundProblem>(problems: readonly P[], place: Path): P[] {
  return problems
    .filter(({ path }) => place.every((key, i) => path[i] === key))
    .map((problem) => ({ ...problem, path: problem.path.slice(place.length) }));
}

/** "stages, 2nd, config, beta" as people read it: "Stage 2, beta". */
export function placeInWords(path: Path): string {
  const [first, index, ...rest] = path;
  if (first === undefined) return 'The document';
  if (first !== 'stages') return path.join(', ');
  if (typeof index !== 'number') return 'Stages';
  return [`Stage ${index + 1}`, ...rest.filter((key) => key !== 'config')].join(', ');
}
