import { Text, Title } from '@mantine/core';
import type { RoundSummary } from '@rankloop/contracts';
import { IntervalBar } from '../../components/interval-bar.tsx';
import { percentInterval } from '../../lib/format.ts';
import { confidenceInWords } from '../rounds/confidence-in-words.ts';

/** How far held-out labels confirm the newest reward model; nothing before there is one. */
export function RewardConfirmation({ rounds }: { rounds: readonly RoundSummary[] }) {
  const round = rounds.find(({ report }) => report.rewardConfidence !== undefined);
  if (!round) return null;
  const { rewardAccuracy } = round.report;
  return (
    <section className="home-part" aria-labelledby="reward-confirmation">
      <Title order={2} size="h5" id="reward-confirmation">
        Reward model on held-out labels
      </Title>
      {rewardAccuracy && (
        <>
          <Text size="xl" fw={650}>
            {percentInterval(rewardAccuracy)}
          </Text>
          <IntervalBar
            interval={rewardAccuracy}
            label="Held-out accuracy of the reward model"
            evenMeans="guessing"
          />
        </>
      )}
      <Text size="sm" c="dimmed">
        Round {round.number}: {confidenceInWords(round.report, round.endedAt !== null)}
      </Text>
    </section>
  );
}
