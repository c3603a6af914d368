'use client';

import { Button, Text } from '@mantine/core';
import { useRef, useState, type DragEvent } from 'react';

/** Takes one file, dropped or chosen. */
export function FileDrop({ onFile }: { onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) onFile(file);
  };
  return (
    <div
      className="rl-panel imp-drop"
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <Text fw={600}>Drop a file here</Text>
      <Text size="sm" c="dimmed" maw={560} ta="center">
        JSONL or JSONL.gz: prompts, prompts with responses, Anthropic HH pairs, or Open-Assistant trees. You
        see what its first rows become before anything is stored. Up to 512 MB.
      </Text>
      <input
        ref={input}
        type="file"
        aria-label="File to import"
        accept=".jsonl,.json,.gz,.ndjson,.txt"
        hidden
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          // The same file may be chosen again after it was mended.
          event.currentTarget.value = '';
          if (file) onFile(file);
        }}
      />
      <Button onClick={() => input.current?.click()}>Choose a file</Button>
    </div>
  );
}
