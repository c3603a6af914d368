'use client';

import { Button, Checkbox, Group, NativeSelect, TextInput } from '@mantine/core';
import { RatingScale, type RatingDimension } from '@rankloop/contracts';

interface DimensionListProps {
  dimensions: readonly RatingDimension[];
  onChange: (dimensions: RatingDimension[]) => void;
}

const MOST = 8;
const SCALES: Record<RatingScale, string> = {
  thumbs: 'thumbs',
  '0-5': '0 to 5',
  '1-7': '1 to 7',
  '1-10': '1 to 10',
};

/** The respects in which outputs are rated. The first is "overall": it orders outputs where nothing else does. */
export function DimensionList({ dimensions, onChange }: DimensionListProps) {
  const change = (at: number, part: Partial<RatingDimension>) =>
    onChange(dimensions.map((one, i) => (i === at ? { ...one, ...part } : one)));
  return (
    <>
      {dimensions.map((dimension, at) => (
        <Group key={dimension.id} align="flex-end" gap="xs">
          <TextInput
            size="xs"
            label="Called"
            maxLength={60}
            value={dimension.label}
            error={dimension.label === '' ? 'Give a name' : null}
            onChange={(event) => change(at, { label: event.currentTarget.value })}
          />
          <TextInput
            size="xs"
            label="Help"
            maxLength={300}
            value={dimension.help}
            onChange={(event) => change(at, { help: event.currentTarget.value })}
          />
          <NativeSelect
            size="xs"
            label="Scale"
            data={RatingScale.options.map((value) => ({ value, label: SCALES[value] }))}
            value={dimension.scale}
            onChange={(event) => change(at, { scale: RatingScale.parse(event.currentTarget.value) })}
          />
          <Checkbox
            mb={6}
            size="xs"
            label="Required"
            checked={dimension.required}
            onChange={(event) => change(at, { required: event.currentTarget.checked })}
          />
          {dimensions.length > 1 && (
            <Button
              size="xs"
              variant="default"
              aria-label={`Remove ${dimension.label}`}
              onClick={() => onChange(dimensions.filter((_, i) => i !== at))}
            >
              Remove
            </Button>
          )}
        </Group>
      ))}
      {dimensions.length < MOST && (
        <Group>
          <Button
            size="xs"
            variant="default"
            onClick={() => onChange([...dimensions, freshDimension(dimensions)])}
          >
            Add a rating
          </Button>
        </Group>
      )}
    </>
  );
}

function freshDimension(dimensions: readonly RatingDimension[]): RatingDimension {
  const taken = new Set(dimensions.map(({ id }) => id));
  let number = dimensions.length + 1;
  while (taken.has(`rating_${number}`)) number++;
  return { id: `rating_${number}`, label: `Rating ${number}`, help: '', scale: '0-5', required: false };
}
