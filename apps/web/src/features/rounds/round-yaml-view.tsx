'use client';

import { Button, CopyButton, Group } from '@mantine/core';
import type { RoundConfig } from '@rankloop/contracts';
import { toYaml } from './round-yaml.ts';

export function RoundYaml({ config }: { config: RoundConfig }) {
  const yaml = toYaml(config);
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
      <pre className="rl-panel rounds-log" tabIndex={0} aria-label="Settings as YAML">
        {yaml}
      </pre>
    </>
  );
}
