import { Button, Text, Title } from '@mantine/core';
import type { RoundDetail } from '@rankloop/contracts';
import Link from 'next/link';
import { IntervalBar } from '../../components/interval-bar.tsx';
import { counted, percentInterval } from '../../lib/format.ts';
import { Calibration } from './calibration.tsx';
import { confidenceInWords } from './confidence-in-words.ts';
import { distanceInWords } from './distance-in-words.ts';
import { isActive } from './round-state.tsx';

/** What a round has brought: win rate, accuracy, what is waiting now. Parts appear as stages end. */
export function RoundOutcome({ round, slug }: { round: RoundDetail; slug: string }) {
  const { report, state } = round;
  // Somebody may have put it in use since.
  const policy = round.checkpoints.findLast(({ kind }) => kind === 'policy');
  const isInUse = policy !== undefined && policy.promotedAt !== null;
  const { winRate, rewardAccuracy, newTasks, finalKl, calibration, promotion } = report;
  if (!winRate && !rewardAccuracy && newTasks === undefined) return null;
  return (
    <>
      {state === 'succeeded' && newTasks !== undefined && newTasks > 0 && (
        <div className="rl-panel rounds-done">
          <Text fw={600}>
            {counted(newTasks, 'new task')} {newTasks === 1 ? 'is' : 'are'} waiting for labelers
          </Text>
          <Button component={Link} href={`/p/${slug}/label`}>
            Label new outputs
          </Button>
        </div>
      )}
      {promotion?.promoted === false && !isInUse && (
        <div className="rl-panel rounds-done" role="note">
          <div>
            <Text fw={600}>▲ The new policy was not put in use</Text>
            {promotion.reasons.map((reason) => (
              <Text key={reason} size="sm">
                {reason}
              </Text>
            ))}
          </div>
          <Button
            component={Link}
            href={`/p/${slug}/checkpoints${policy === undefined ? '?kind=policy' : `/${policy.id}`}`}
            variant="default"
          >
            Use it all the same
          </Button>
        </div>
      )}
      {!rewardAccuracy && (
        <Text size="sm" mb="md">
          {confidenceInWords(report, !isActive(state))}
        </Text>
      )}
      <div className="rl-two rounds-outcome">
        {winRate && (
          <section className="rl-panel" aria-labelledby="outcome-win-rate">
            <Title order={2} size="h5" id="outcome-win-rate">
              {winRate.judge === 'gold' ? 'Gold win rate' : 'Win rate'} over the base
            </Title>
            <Text size="xl" fw={650}>
              {percentInterval(winRate)}
            </Text>
            <IntervalBar interval={winRate} label="Win rate over the base" />
            <Text size="sm" c="dimmed">
              The new policy on {counted(winRate.n, 'prompt')} that did not train, ties half, 95 % interval.
              Judge: {winRate.judge}.{finalKl !== undefined && ` ${distanceInWords(finalKl)}`}
            </Text>
          </section>
        )}
        {rewardAccuracy && (
          <section className="rl-panel" aria-labelledby="outcome-accuracy">
            <Title order={2} size="h5" id="outcome-accuracy">
              Held-out accuracy of the reward model
            </Title>
            <Text size="xl" fw={650}>
              {percentInterval(rewardAccuracy)}
            </Text>
            <IntervalBar interval={rewardAccuracy} label="Held-out accuracy" evenMeans="guessing" />
            <Text size="sm" c="dimmed">
              On {counted(rewardAccuracy.n, 'prompt')} that never trained, over all their pairs.{' '}
              {confidenceInWords(report, !isActive(state))}
            </Text>
          </section>
        )}
        {calibration && calibration.length > 0 && <Calibration bins={calibration} />}
      </div>
    </>
  );
}
