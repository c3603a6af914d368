'use client';

import { Button, CopyButton, Group } from '@mantine/core';
import { toYaml } from '../lib/to-yaml.ts';

/** Settings as one document, to read or copy. */
export function YamlView({ value }: { value: unknown }) {
  const yaml = toYaml(value);
  return (
    <>
      <Group justify="flex-end" mb="xs">
        <CopyButton value={yaml}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy as YAML'}
            </Button>
          )}
        </CopyButton>
      </Group>
      <pre className="rl-panel rl-log" tabIndex={0} role="region" aria-label="Settings as YAML">
        {yaml}
      </pre>
    </>
  );
}
