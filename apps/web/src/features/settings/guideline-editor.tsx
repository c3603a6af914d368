'use client';

import { Text, Textarea } from '@mantine/core';
import { useDeferredValue } from 'react';
import { SafeMarkdown } from '../../components/markdown/safe-markdown.tsx';

/** The guideline as Markdown, with what labelers will see beside it. */
export function GuidelineEditor({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const shown = useDeferredValue(text);
  return (
    <div className="rl-two">
      <Textarea
        label="Markdown"
        autosize
        minRows={12}
        maxRows={32}
        maxLength={200_000}
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
      />
      <section aria-label="Preview of the guideline">
        <Text size="sm" fw={500} mb={4}>
          As labelers see it
        </Text>
        <div className="rl-panel set-preview" tabIndex={0} role="group" aria-label="Preview">
          {shown.trim() === '' ? (
            <Text size="sm" c="dimmed">
              Say what is better and what is worse, with an example of each. Labelers open it with one key.
            </Text>
          ) : (
            <SafeMarkdown text={shown} />
          )}
        </div>
      </section>
    </div>
  );
}
