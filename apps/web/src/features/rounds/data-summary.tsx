import { Alert, List } from '@mantine/core';
import type { RoundDraft } from '@rankloop/contracts';
import { count } from '../../lib/format.ts';

interface DataSummaryProps {
  draft: RoundDraft;
  /** Of the stages as they stand. */
  blockers: readonly string[];
  warnings: readonly string[];
}

/** What the round would learn from, what stands in the way, and what to know before. */
export function DataSummary({ draft, blockers, warnings }: DataSummaryProps) {
  const { judgements, newSinceLastRound, usablePairs, prompts, people } = draft;
  return (
    <>
      <dl className="rl-panel rl-facts rounds-summary">
        <Fact
          term="Judgements"
          value={judgements}
          note={
            newSinceLastRound === judgements
              ? 'no round has learned from them yet'
              : `${count(newSinceLastRound)} new since the last round`
          }
        />
        <Fact term="Usable pairs" value={usablePairs} note="one output preferred to another" />
        <Fact term="Prompts" value={prompts} note="with at least one pair" />
        <Fact term="People" value={people} note="who gave them" />
      </dl>
      {blockers.length > 0 && (
        <Alert color="orange" variant="outline" title="The round cannot start yet" role="alert" mb="md">
          <List size="sm">
            {blockers.map((text) => (
              <List.Item key={text}>{text}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      {warnings.length > 0 && (
        <ul className="rounds-notes" aria-label="Good to know">
          {warnings.map((text) => (
            <li key={text} data-level="warning">
              ▲ {text}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Fact({ term, value, note }: { term: string; value: number; note: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>
        {count(value)}
        <small>{note}</small>
      </dd>
    </div>
  );
}
