import { Text, Title } from '@mantine/core';
import type { RoundReport } from '@rankloop/contracts';
import { count, percent } from '../../lib/format.ts';

type Bin = NonNullable<RoundReport['calibration']>[number];

const SIZE = 208;
const PAD = 32;

/** How often the reward model is right when it says that it is this sure. On the diagonal is good. */
export function Calibration({ bins }: { bins: readonly Bin[] }) {
  const at = (share: number) => PAD + share * (SIZE - 2 * PAD);
  const up = (share: number) => SIZE - at(share);
  const most = Math.max(1, ...bins.map(({ n }) => n));
  return (
    <section className="rl-panel" aria-labelledby="calibration">
      <Title order={2} size="h5" id="calibration">
        Calibration
      </Title>
      <div className="rounds-calibration">
        <svg
          viewBox={`0 0 ${SIZE} ${SIZE}`}
          width={SIZE}
          height={SIZE}
          role="img"
          aria-label={bins.map(inWords).join('; ')}
          style={{ overflow: 'visible' }}
        >
          <g stroke="var(--rl-line)" fill="none">
            <path d={`M${at(0)} ${up(1)}V${up(0)}H${at(1)}`} />
            <path d={`M${at(0)} ${up(0)}L${at(1)} ${up(1)}`} stroke="var(--rl-muted)" strokeDasharray="4 4" />
          </g>
          <g fill="var(--rounds-colour-1)">
            {bins.map((bin) => (
              <circle
                key={bin.predicted}
                cx={at(bin.predicted)}
                cy={up(bin.observed)}
                r={3 + 6 * Math.sqrt(bin.n / most)}
                fillOpacity="0.75"
              >
                <title>{inWords(bin)}</title>
              </circle>
            ))}
          </g>
          <g fontSize="11" fill="var(--rl-muted)">
            {[0, 0.5, 1].map((share) => (
              <g key={share}>
                <text x={at(share)} y={up(0) + 14} textAnchor="middle">
                  {percent(share)}
                </text>
                <text x={at(0) - 4} y={up(share) + 4} textAnchor="end">
                  {percent(share)}
                </text>
              </g>
            ))}
            <text x={at(0.5)} y={SIZE} textAnchor="middle">
              predicted
            </text>
            <text x={at(0.02)} y={up(1) - 4}>
              observed
            </text>
          </g>
        </svg>
        <Text size="sm" c="dimmed">
          Share of held-out pairs that people prefer as predicted: on the line is good. Larger dots hold more
          pairs.
        </Text>
      </div>
    </section>
  );
}

function inWords({ predicted, observed, n }: Bin): string {
  return `predicted ${percent(predicted)}, observed ${percent(observed)} of ${count(n)} pairs`;
}
