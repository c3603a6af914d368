import { Text } from '@mantine/core';
import type { RoundSummary } from '@rankloop/contracts';
import Link from 'next/link';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { percent } from '../../lib/format.ts';
import { RoundStateText } from '../rounds/round-state.tsx';

/** The reward curves of the last rounds, side by side on one scale. */
export function LastRounds({ rounds, slug }: { rounds: readonly RoundSummary[]; slug: string }) {
  if (rounds.length === 0) {
    return (
      <Text size="sm" c="dimmed" maw={560}>
        None yet. A round learns from the judgements, improves the policy and brings new outputs to the
        labelers. Its reward curve will be here.
      </Text>
    );
  }
  const values = rounds.flatMap((round) => round.spark);
  const domain = [Math.min(...values), Math.max(...values)] as const;
  return (
    <>
      <Text size="sm" c="dimmed" mb="xs">
        Mean reward per iteration, all on one scale: rising is better.
      </Text>
      <div className="home-rounds">
        {rounds.map((round) => (
          <Link key={round.id} href={`/p/${slug}/rounds/${round.id}`} className="rl-panel home-round">
            <p>
              <strong>Round {round.number}</strong> <RoundStateText state={round.state} />
            </p>
            <Sparkline
              values={round.spark}
              width={136}
              height={48}
              domain={domain}
              label={`Reward of round ${round.number}`}
            />
            <p>{outcomeOf(round)}</p>
            <p>
              <RelativeTime at={round.endedAt ?? round.startedAt ?? round.createdAt} />
            </p>
          </Link>
        ))}
      </div>
    </>
  );
}

function outcomeOf({ report, progress, endedAt }: RoundSummary): string {
  if (report.winRate) return `win rate ${percent(report.winRate.value)}`;
  if (endedAt === null) return `${percent(progress.fraction)} done`;
  return 'not compared';
}
