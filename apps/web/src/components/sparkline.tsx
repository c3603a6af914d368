interface SparklineProps {
  values: readonly number[];
  width?: number;
  height?: number;
  /** What the line is, for those who do not see it. */
  label: string;
  /** Shared limits, so that several lines can be compared. */
  domain?: readonly [number, number];
}

/** A curve without axes: its shape only, with a dot at its newest value. */
export function Sparkline({ values, width = 96, height = 24, label, domain }: SparklineProps) {
  const last = values.at(-1);
  if (last === undefined || values.length < 2) return <span className="rl-spark-none">-</span>;
  const [low, high] = domain ?? [Math.min(...values), Math.max(...values)];
  const x = (i: number) => 3 + (i / (values.length - 1)) * (width - 6);
  const y = (value: number) => height - 3 - ((value - low) / (high - low || 1)) * (height - 6);
  const path = values.map((value, i) => `${i === 0 ? 'M' : 'L'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`);
  return (
    <svg
      className="rl-spark"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      <path d={path.join('')} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" />
      <circle cx={x(values.length - 1)} cy={y(last)} r="2.5" fill="currentColor" />
    </svg>
  );
}
