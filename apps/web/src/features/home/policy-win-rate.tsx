import { Text, Title } from '@mantine/core';
import type { LoopState } from '@rankloop/contracts';
import { IntervalBar } from '../../components/interval-bar.tsx';
import { percentInterval } from '../../lib/format.ts';

/** How often the policy in use beats the base, with its interval, and who says so. */
export function PolicyWinRate({ policy }: { policy: LoopState['policy'] }) {
  const { name, winRate: value, winRateLow: low, winRateHigh: high, winRateJudge: judge } = policy;
  const isMeasured = value !== null && low !== null && high !== null;
  return (
    <section className="home-part" aria-labelledby="win-rate">
      <Title order={2} size="h5" id="win-rate">
        Current policy over the base
      </Title>
      {isMeasured ? (
        <>
          <Text size="xl" fw={650}>
            {percentInterval({ value, low, high })}
          </Text>
          <IntervalBar interval={{ value, low, high }} label="Win rate over the base" />
          <Text size="sm" c="dimmed">
            Win rate of {name ?? 'the policy'} with its 95 % interval, ties half; the judge is{' '}
            {judge === 'gold' ? "the demo's hidden gold" : (judge ?? 'not stated')}. Higher is better.
          </Text>
        </>
      ) : (
        <Text size="sm" c="dimmed" mt={4}>
          {name === null
            ? 'There is no policy yet.'
            : `${name} is in use. A round compares its result with the base on prompts that did not train.`}
        </Text>
      )}
    </section>
  );
}
