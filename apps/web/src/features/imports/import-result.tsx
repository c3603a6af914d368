import { Alert, Button, Group, Text } from '@mantine/core';
import type { ImportView } from '@rankloop/contracts';
import { counted } from '../../lib/format.ts';

interface ImportResultProps {
  view: ImportView;
  onShowErrors: () => void;
  onLeave: () => void;
}

/** What an import has brought, in one sentence each. */
export function ImportResult({ view, onShowErrors, onLeave }: ImportResultProps) {
  const { fileName, state, reason, badLines } = view;
  const title = {
    succeeded: `${fileName} is in`,
    failed: `${fileName} was not read to its end`,
    cancelled: `The import of ${fileName} was stopped`,
    running: `${fileName} is being read`,
  }[state];
  return (
    <Alert
      variant="outline"
      color={state === 'succeeded' ? 'teal' : 'orange'}
      title={title}
      role="status"
      mb="md"
    >
      <Text size="sm">
        {inWords(view)} {reason}
      </Text>
      <Group gap="xs" mt="xs">
        {badLines > 0 && (
          <Button size="xs" variant="default" onClick={onShowErrors}>
            Show the {counted(badLines, 'bad line')}
          </Button>
        )}
        <Button size="xs" variant="default" onClick={onLeave}>
          Another file
        </Button>
      </Group>
    </Alert>
  );
}

export function inWords(view: ImportView): string {
  const { tasksCreated, promptsCreated, judgementsCreated, duplicates, badLines } = view;
  const parts = [
    counted(promptsCreated, 'new prompt'),
    counted(tasksCreated, 'new task'),
    ...(judgementsCreated > 0 ? [counted(judgementsCreated, 'judgement')] : []),
    ...(duplicates > 0 ? [`${counted(duplicates, 'row')} already known`] : []),
    ...(badLines > 0 ? [`${counted(badLines, 'bad line')} left out`] : []),
  ];
  return `${parts.join(', ')}.`;
}
