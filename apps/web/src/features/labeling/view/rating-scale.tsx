'use client';

import { SCALE_RANGE, type RatingDimension } from '@rankloop/contracts';
import type { AnswerAction } from '../answer/answer-reducer.ts';
import { IconThumbDown, IconThumbUp } from '@tabler/icons-react';
import { groupKey } from '../commands/groups.ts';
import { Issue } from './issue.tsx';
import { Segments } from './segments.tsx';

interface RatingScaleInputProps {
  dimension: RatingDimension;
  id: string;
  letter: string;
  value: number | undefined;
  issue: string | null;
  act: (action: AnswerAction) => void;
}

/** One dimension of one output as a row of segments. */
export function RatingScaleInput({ dimension, id, letter, value, issue, act }: RatingScaleInputProps) {
  const { min, max } = SCALE_RANGE[dimension.scale];
  const options =
    dimension.scale === 'thumbs'
      ? [
          { value: 1, label: <IconThumbUp size={18} aria-hidden />, name: 'thumb up' },
          { value: 0, label: <IconThumbDown size={18} aria-hidden />, name: 'thumb down' },
        ]
      : Array.from({ length: max - min + 1 }, (_, i) => ({
          value: min + i,
          label: `${min + i}`,
          name: `${min + i}`,
        }));
  return (
    <div className="lab-rating">
      <span className="lab-rating-label" title={dimension.help === '' ? undefined : dimension.help}>
        {dimension.label}
        {!dimension.required && <span className="lab-optional"> optional</span>}
      </span>
      <Segments
        group={groupKey({ kind: 'rate', id, dimension: dimension.id })}
        label={`${dimension.label} of ${letter}`}
        options={options}
        value={value ?? null}
        onChange={(next) => act({ type: 'score', id, dimension: dimension.id, value: next })}
      />
      <Issue text={issue} />
    </div>
  );
}
