import { Button, Group } from '@mantine/core';
import { findMetric } from '@rankloop/contracts';
import type { ChartSpec } from './chart-spec.ts';

interface ChartFootProps {
  spec: ChartSpec;
  onCsv: () => void;
  onPng: () => void;
}

/** What each series means, under the name that training writes, and the chart as a file. */
export function ChartFoot({ spec, onCsv, onPng }: ChartFootProps) {
  const explained = spec.series.flatMap(({ metric }) => {
    const info = findMetric(metric);
    return info === null ? [] : [{ metric, ...info }];
  });
  return (
    <details className="rounds-chart-foot">
      <summary>
        {explained.length > 0 ? 'Meaning and files' : 'Files'}
        <span className="rl-visually-hidden"> of {spec.title}</span>
      </summary>
      {explained.length > 0 && (
        <dl>
          {explained.map(({ metric, label, help, openAi }) => (
            <div key={metric}>
              <dt>
                <code>{metric}</code>: {label}
              </dt>
              <dd>
                {help}
                {openAi !== undefined && (
                  <>
                    {' '}
                    OpenAI calls it <code>{openAi}</code>.
                  </>
                )}
              </dd>
            </div>
          ))}
        </dl>
      )}
      <Group gap="xs">
        <Button size="compact-xs" variant="default" onClick={onCsv} aria-label={`${spec.title} as CSV`}>
          CSV
        </Button>
        <Button size="compact-xs" variant="default" onClick={onPng} aria-label={`${spec.title} as PNG`}>
          PNG
        </Button>
      </Group>
    </details>
  );
}
