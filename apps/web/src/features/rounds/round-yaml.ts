import { explainRoundIssues, RoundConfig, type RoundProblem } from '@rankloop/contracts';
import { isNode, LineCounter, parseDocument } from 'yaml';

/** What is wrong, with the line of the text where it stands. */
export interface LinedProblem extends RoundProblem {
  line: number;
}

export type CheckedText =
  { config: RoundConfig; problems: [] } | { config: null; problems: readonly LinedProblem[] };

/** Reads a configuration that a person wrote; what is wrong comes back with its line. */
export function readRoundYaml(text: string): CheckedText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineAt = (offset: number | undefined) => lines.linePos(offset ?? 0).line;
  const [broken] = document.errors;
  if (broken !== undefined) {
    const message = `This is not YAML: ${broken.message.split(/ at line \d+|\n/)[0] ?? ''}.`;
    return { config: null, problems: [{ path: [], message, line: lineAt(broken.pos[0]) }] };
  }
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // An alias without an anchor, or one too many: found only when the values are put together.
    const why = error instanceof Error ? error.message : String(error);
    return { config: null, problems: [{ path: [], message: `This is not YAML: ${why}.`, line: 1 }] };
  }
  const parsed = RoundConfig.safeParse(value);
  if (parsed.success) return { config: parsed.data, problems: [] };
  const lineOf = (path: RoundProblem['path']): number => {
    const node = path.length === 0 ? document.contents : document.getIn(path, true);
    if (isNode(node)) return lineAt(node.range?.[0]);
    return path.length === 0 ? 1 : lineOf(path.slice(0, -1));
  };
  const problems = explainRoundIssues(value, parsed.error);
  return { config: null, problems: problems.map((problem) => ({ ...problem, line: lineOf(problem.path) })) };
}
