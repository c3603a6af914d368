import { percent, percentInterval } from '../lib/format.ts';

interface IntervalBarProps {
  interval: { value: number; low: number; high: number };
  /** Such as "Win rate over the base". */
  label: string;
  /** The share from which better and worse are told apart. */
  even?: number;
  /** What that share means. */
  evenMeans?: string;
}

/** A share with its 95 % interval on a line from 0 to 100 %, with a mark where nothing would have changed. */
export function IntervalBar({ interval, label, even = 0.5, evenMeans = 'no difference' }: IntervalBarProps) {
  const at = (share: number) => `${Math.min(100, Math.max(0, share * 100))}%`;
  const { value, low, high } = interval;
  const tone = low > even ? 'better' : high < even ? 'worse' : 'open';
  const verdict = { better: 'better', worse: 'worse', open: 'not decided' }[tone];
  return (
    <div
      className="fig-interval"
      data-tone={tone}
      role="img"
      aria-label={`${label}: ${percentInterval(interval)}, ${verdict}`}
    >
      <div className="fig-even" style={{ left: at(even) }} />
      <div className="fig-range" style={{ left: at(low), width: at(high - low) }} />
      <div className="fig-value" style={{ left: at(value) }} />
      <div className="fig-ends" aria-hidden>
        <span>0 %</span>
        <span>
          {percent(even)} = {evenMeans}
        </span>
        <span>100 %</span>
      </div>
    </div>
  );
}
