'use client';

import { Drawer, Switch } from '@mantine/core';
import type { FormSpec } from '@rankloop/contracts';
import { commandsOf, focusKeysOf } from '../commands/commands.ts';

interface HelpSheetProps {
  opened: boolean;
  form: FormSpec;
  singleKeys: boolean;
  onSingleKeys: () => void;
  onClose: () => void;
}

/** All keys, made from the commands themselves. */
export function HelpSheet({ opened, form, singleKeys, onSingleKeys, onClose }: HelpSheetProps) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      title="Keys"
      position="right"
      size="sm"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <KeyList title="For what has the focus" keys={focusKeysOf(form)} />
      <KeyList title="Anywhere" keys={commandsOf(form)} />
      <Switch
        mt="lg"
        checked={singleKeys}
        onChange={onSingleKeys}
        label="Single keys run commands"
        description="Off: letters do nothing, so that speech input and slips of the hand cannot. Every command has a button."
      />
    </Drawer>
  );
}

function KeyList({ title, keys }: { title: string; keys: readonly { keyLabel: string; title: string }[] }) {
  return (
    <>
      <h3 className="lab-keys-title">{title}</h3>
      <dl className="lab-keys">
        {keys.map((key) => (
          <div key={key.keyLabel}>
            <dt>
              <kbd>{key.keyLabel}</kbd>
            </dt>
            <dd>{key.title}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
