'use client';

import type { BudgetAdvice, CurveResult } from '@rankloop/contracts';
import { useId } from 'react';
import { count, percent, percentInterval } from '../../lib/format.ts';
import { bandOf, HEIGHT, scalesOf, WIDTH } from './curve-geometry.ts';

export interface LearningCurveProps {
  result: CurveResult | null;
  /** Where the budget leads to. */
  target: BudgetAdvice['forecast'];
}

/** Accuracy against labels: what was measured, the curve through it, and what it foretells. */
export function LearningCurve({ result, target }: LearningCurveProps) {
  const titleId = useId();
  if (result === null || result.points.length === 0) return null;
  const { points, forecast } = result;
  const scales = scalesOf(points, forecast);
  const { x, y } = scales;
  return (
    <figure className="rl-panel budget-curve" aria-labelledby={titleId}>
      <figcaption id={titleId}>
        <strong>Held-out accuracy against labels</strong>: still rising means that more labels help. Dots are
        reward models on parts of the judgements; the band is the 95 % interval of the curve.
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={inWords(result)}>
        <g stroke="var(--rl-line)">
          {scales.yTicks.map((tick) => (
            <line key={tick} x1={x(0)} x2={WIDTH - 16} y1={y(tick)} y2={y(tick)} />
          ))}
        </g>
        {forecast.length > 0 && (
          <>
            <polygon points={bandOf(forecast, scales)} fill="var(--rl-better-soft)" />
            <polyline
              points={forecast.map(({ labels, value }) => `${x(labels)},${y(value)}`).join(' ')}
              fill="none"
              stroke="var(--rl-better)"
              strokeWidth="2"
              strokeDasharray="6 4"
            />
          </>
        )}
        <g fill="var(--rl-better)">
          {points.map(({ labels, accuracy }, i) => (
            <circle key={i} cx={x(labels)} cy={y(accuracy)} r="4" fillOpacity="0.7">
              <title>{`${count(labels)} labels: ${percent(accuracy, 1)}`}</title>
            </circle>
          ))}
        </g>
        {target && (
          <g stroke="var(--rl-worse)" strokeWidth="2">
            <line x1={x(target.labels)} x2={x(target.labels)} y1={y(target.low)} y2={y(target.high)} />
            <circle cx={x(target.labels)} cy={y(target.value)} r="5" fill="var(--rl-surface)" />
          </g>
        )}
        <g fontSize="12" fill="var(--rl-muted)">
          {scales.yTicks.map((tick) => (
            <text key={tick} x={x(0) - 8} y={y(tick) + 4} textAnchor="end">
              {percent(tick)}
            </text>
          ))}
          {scales.xTicks.map((tick) => (
            <text key={tick} x={x(tick)} y={HEIGHT - 16} textAnchor="middle">
              {count(tick)}
            </text>
          ))}
          <text x={WIDTH - 16} y={HEIGHT - 2} textAnchor="end" className="budget-axis">
            labels
          </text>
        </g>
      </svg>
      <details>
        <summary>The figures</summary>
        <table className="rl-table">
          <thead>
            <tr>
              <th scope="col">Labels</th>
              <th scope="col">Accuracy</th>
            </tr>
          </thead>
          <tbody>
            {points.map(({ labels, accuracy }, i) => (
              <tr key={i}>
                <td data-label="Labels">{count(labels)}</td>
                <td data-label="Accuracy">{percent(accuracy, 1)}, measured</td>
              </tr>
            ))}
            {forecast.map((point) => (
              <tr key={`to ${point.labels}`}>
                <td data-label="Labels">{count(point.labels)}</td>
                <td data-label="Accuracy">{percentInterval(point)}, of the curve</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

function inWords({ points, forecast }: CurveResult): string {
  const [now, last] = [forecast[0], forecast.at(-1)];
  if (!now || !last) return `${points.length} points measured; too few for a curve.`;
  return `At ${count(now.labels)} labels ${percent(now.value, 1)}; at ${count(last.labels)} labels ${percentInterval(last)} foretold.`;
}
