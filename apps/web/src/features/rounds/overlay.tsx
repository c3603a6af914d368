import type { RoundSummary } from '@rankloop/contracts';
import { measured } from '../../lib/format.ts';

const WIDTH = 640;
const HEIGHT = 200;
const COLOURS = 5;
const DASHES = ['', '6 4', '2 3', '10 3 2 3'];

/** The reward curves of several rounds in one frame, told apart by colour, dash and number. */
export function Overlay({ rounds }: { rounds: readonly RoundSummary[] }) {
  const drawn = rounds.filter(({ spark }) => spark.length > 1);
  if (drawn.length === 0) return <p>The chosen rounds have no curve yet.</p>;
  const values = drawn.flatMap(({ spark }) => spark);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (i: number, n: number) => 56 + (i / (n - 1)) * (WIDTH - 120);
  const y = (value: number) => HEIGHT - 16 - ((value - low) / (high - low || 1)) * (HEIGHT - 32);
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width="100%"
      style={{ maxWidth: 900 }}
      role="img"
      aria-label={drawn
        .map(
          ({ number, spark }) =>
            `Round ${number} from ${measured(spark[0] ?? 0)} to ${measured(spark.at(-1) ?? 0)}`,
        )
        .join('; ')}
    >
      <g fontSize="12" fill="var(--rl-muted)">
        {[low, high].map((value) => (
          <text key={value} x={48} y={y(value) + 4} textAnchor="end">
            {measured(value)}
          </text>
        ))}
      </g>
      {drawn.map(({ id, number, spark }, at) => {
        const colour = `var(--rounds-colour-${(at % COLOURS) + 1})`;
        const path = spark.map(
          (value, i) => `${i === 0 ? 'M' : 'L'}${x(i, spark.length).toFixed(1)} ${y(value).toFixed(1)}`,
        );
        return (
          <g key={id}>
            <path
              d={path.join('')}
              fill="none"
              stroke={colour}
              strokeWidth="2"
              strokeDasharray={DASHES[at % DASHES.length]}
            />
            <text x={WIDTH - 60} y={y(spark.at(-1) ?? 0) + 4} fontSize="12" fill={colour}>
              round {number}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
