'use client';

import { Text, Textarea } from '@mantine/core';
import dynamic from 'next/dynamic';
import { useDeferredValue } from 'react';
import { LoadingSkeleton } from '../../components/states.tsx';
import { WhenNear } from '../../components/when-near.tsx';

// What lays out Markdown is large and the preview far down the page.
const SafeMarkdown = dynamic(
  () => import('../../components/markdown/safe-markdown.tsx').then((part) => part.SafeMarkdown),
  { loading: () => <LoadingSkeleton /> },
);
const PREVIEW_PX = 240;

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
            <WhenNear heightPx={PREVIEW_PX}>
              <SafeMarkdown text={shown} />
            </WhenNear>
          )}
        </div>
      </section>
    </div>
  );
}
