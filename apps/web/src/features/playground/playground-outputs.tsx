'use client';

import { Text } from '@mantine/core';
import type { PlaygroundOutput, PlaygroundRun } from '@rankloop/contracts';
import { counted, measured } from '../../lib/format.ts';

interface PlaygroundOutputsProps {
  run: PlaygroundRun;
  nameOf: (checkpointId: string) => string;
}

/** What the policies say, side by side, as it comes. */
export function PlaygroundOutputs({ run, nameOf }: PlaygroundOutputsProps) {
  return (
    <section className="rl-section" aria-label="Outputs">
      <Text size="sm" role="status" mb="xs">
        {stateInWords(run)}
      </Text>
      <div className="play-outputs">
        {run.outputs.map((output, place) => (
          <article key={place} className="rl-panel play-output" aria-label={nameOf(output.checkpointId)}>
            <h2>{nameOf(output.checkpointId)}</h2>
            <p data-open={output.finished === null && run.state === 'running' ? true : undefined}>
              {output.text.trim() === '' && output.finished !== null ? '(empty)' : output.text.trimStart()}
            </p>
            <small>{figuresOf(output)}</small>
          </article>
        ))}
      </div>
    </section>
  );
}

/** Without counts that change all the time, which a screen reader would read out each time. */
function stateInWords({ state, ahead, reason, outputs }: PlaygroundRun): string {
  switch (state) {
    case 'queued':
      return ahead === 0
        ? 'Waiting for the worker.'
        : `Waiting: ${counted(ahead, 'request')} before this one.`;
    case 'running':
      return outputs.length === 0 ? 'Reading the model.' : 'Drawing.';
    case 'succeeded':
      return 'Done.';
    case 'cancelled':
      return 'Stopped. What was drawn stays here.';
    case 'failed':
      return `This failed: ${reason ?? 'no reason is known.'}`;
  }
}

const ENDS = { eos: 'ended by itself', length: 'cut at the longest output' } as const;

function figuresOf(output: PlaygroundOutput): string {
  const { tokens, finished, isPromptCut, score, seconds } = output;
  return [
    counted(tokens, 'token'),
    ...(finished === null ? [] : [ENDS[finished]]),
    ...(seconds === null || seconds === 0 ? [] : [`${measured(tokens / seconds)} tokens/s`]),
    ...(score === null ? [] : [`score ${measured(score)}`]),
    ...(isPromptCut ? ['the beginning of the prompt was left out: the model reads no more'] : []),
  ].join(', ');
}
