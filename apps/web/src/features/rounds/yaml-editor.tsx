'use client';

import { Alert, Button, CopyButton, Group, List, Textarea } from '@mantine/core';
import { useMemo } from 'react';
import { placeInWords } from './problems.ts';
import { toYaml } from '../../lib/to-yaml.ts';
import { readRoundYaml, type CheckedText, type LinedProblem } from './round-yaml.ts';

interface YamlEditorProps {
  /** As somebody types it; null: as the value is written. */
  typed: string | null;
  value: unknown;
  problems: readonly LinedProblem[];
  onChange: (text: string, read: CheckedText) => void;
}

/** The whole configuration as one document, to edit, copy away or paste. */
export function YamlEditor({ typed, value, problems, onChange }: YamlEditorProps) {
  const text = useMemo(() => typed ?? toYaml(value), [typed, value]);
  return (
    <div>
      <Group justify="flex-end" mb={4}>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Textarea
        label="The round as YAML"
        description="What is left out has its default. Paste another round's document to run it again."
        autosize
        minRows={12}
        maxRows={40}
        spellCheck={false}
        value={text}
        onChange={({ currentTarget }) => onChange(currentTarget.value, readRoundYaml(currentTarget.value))}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
        aria-invalid={problems.length > 0}
      />
      {problems.length > 0 && (
        <Alert color="orange" variant="outline" title="This is not a round yet" role="alert" mt="sm">
          <List size="sm">
            {problems.map(({ line, path, message }) => (
              <List.Item key={`${path.join('.')} ${message}`}>
                Line {line}, {placeInWords(path)}: {message}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </div>
  );
}
