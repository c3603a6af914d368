'use client';

import { Text, Title } from '@mantine/core';
import { type JudgementBody, labelingRoutes, type RouteOutput } from '@rankloop/contracts';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { SafeMarkdown } from '../../components/markdown/safe-markdown.tsx';
import { Page } from '../../components/page.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { ROLE_NAMES } from '../../lib/message-roles.ts';
import { useMembership } from '../../lib/session.ts';
import { duration } from '../../lib/time.ts';
import './judgements.css';
import { OUTCOME_WORDS, SKIP_WORDS, sourceWord, strengthInWords } from './words.ts';

type Judgement = RouteOutput<'getJudgement'>;

/** One answer with the prompt and the outputs in the order in which the person saw them. */
export function JudgementPage({ judgementId }: { judgementId: string }) {
  const { projectId } = useMembership();
  const judgement = useQuery({
    queryKey: ['judgements', 'one', judgementId],
    queryFn: ({ signal }) =>
      call(labelingRoutes.getJudgement, { params: { projectId, judgementId } }, { signal }),
    staleTime: Infinity,
  });
  return (
    <Page title="Judgement as it was seen">
      <QueryState query={judgement} lines={8}>
        {(data) => <AsSeen judgement={data} />}
      </QueryState>
    </Page>
  );
}

function AsSeen({ judgement }: { judgement: Judgement }) {
  const { slug } = useMembership();
  const { labeler, source, counts, createdAt, conversation, outputs, answer, checkpoints } = judgement;
  return (
    <>
      <Text size="sm" mb="md">
        By {labeler} ({sourceWord(source)}) <RelativeTime at={createdAt} />
        {source === 'person' && `, ${duration(answer.activeMs)} active`}. {outcomeOf(answer)}
        {counts ? '' : ' Kept as surplus: the task had been given to somebody else meanwhile.'}
      </Text>
      <section className="rl-panel jdg-prompt" aria-label="Prompt">
        {conversation.map((message, i) => (
          <div key={i}>
            <strong>{conversation.length === 1 ? 'Prompt' : ROLE_NAMES[message.role]}</strong>
            <SafeMarkdown text={message.content} />
          </div>
        ))}
      </section>
      <div className="jdg-outputs" data-count={outputs.length}>
        {outputs.map((output, position) => (
          <article key={output.id} className="rl-panel jdg-output">
            <header>
              <strong>{String.fromCharCode(65 + position)}</strong>
              <span>{verdictOf(answer, output.id)}</span>
            </header>
            <SafeMarkdown text={output.text} />
            <Remarks answer={answer} id={output.id} />
            <Text size="xs" c="dimmed">
              From {output.modelName ?? 'an unnamed model'}; the labeler was not told.
            </Text>
          </article>
        ))}
      </div>
      <Overall answer={answer} />
      <section className="rl-section" aria-labelledby="trained">
        <Title order={2} size="h4" id="trained">
          Trained
        </Title>
        {checkpoints.length === 0 ? (
          <Text size="sm" c="dimmed">
            No checkpoint has learned from this judgement.
          </Text>
        ) : (
          <Text size="sm">
            {checkpoints.map(({ name }) => name).join(', ')}.{' '}
            <Link href={`/p/${slug}/lineage/judgements/${judgement.id}`} className="rl-link">
              All that it taught
            </Link>
          </Text>
        )}
      </section>
    </>
  );
}

function outcomeOf({ outcome, skipReason, strength }: JudgementBody): string {
  if (outcome === 'skipped') return `Skipped: ${SKIP_WORDS[skipReason ?? 'other']}.`;
  if (outcome !== 'ok') return `Outcome: ${OUTCOME_WORDS[outcome]}.`;
  return strength === undefined ? '' : `Comparison: ${strengthInWords(strength)}.`;
}

function verdictOf(answer: JudgementBody, id: string): string {
  const rank = answer.ranks?.[id];
  if (rank === undefined) return '';
  if (rank === null) return 'not ranked';
  const isTied = Object.values(answer.ranks ?? {}).filter((other) => other === rank).length > 1;
  return `rank ${rank}${isTied ? ', tied' : ''}`;
}

function Remarks({ answer, id }: { answer: JudgementBody; id: string }) {
  const scores = Object.entries(answer.scores?.[id] ?? {});
  const flags = answer.flags?.[id] ?? [];
  const edit = answer.edits?.[id];
  const critique = answer.critiques?.[id];
  return (
    <dl className="jdg-remarks">
      {scores.map(([dimension, score]) => (
        <Remark key={dimension} term={dimension}>
          {score}
        </Remark>
      ))}
      {flags.length > 0 && <Remark term="Flags">{flags.join(', ')}</Remark>}
      {edit !== undefined && <Remark term="Corrected to">{edit}</Remark>}
      {critique !== undefined && <Remark term="Note">{critique}</Remark>}
    </dl>
  );
}

function Overall({ answer }: { answer: JudgementBody }) {
  const overall = answer.critiques?.['overall'];
  const { comment, demonstration, confidence } = answer;
  if ([overall, comment, demonstration, confidence].every((part) => part === undefined)) return null;
  return (
    <section className="rl-panel jdg-output" aria-label="About all outputs">
      <dl className="jdg-remarks">
        {overall !== undefined && <Remark term="Note on all">{overall}</Remark>}
        {comment !== undefined && <Remark term="Comment">{comment}</Remark>}
        {demonstration !== undefined && <Remark term="Ideal answer">{demonstration}</Remark>}
        {confidence !== undefined && <Remark term="Confidence">{confidence} of 5</Remark>}
      </dl>
    </section>
  );
}

function Remark({ term, children }: { term: string; children: ReactNode }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </>
  );
}
