'use client';

import { NativeSelect, type NativeSelectProps } from '@mantine/core';

interface ChoiceProps extends Omit<NativeSelectProps, 'data' | 'value' | 'onChange' | 'children'> {
  /** A plain word stands for itself. No value may be the empty text: that is nothing chosen. */
  data: readonly (string | { value: string; label: string })[];
  /** Null: nothing is chosen. */
  value: string | null;
  /** What nothing chosen is called. */
  placeholder?: string;
}

interface MustChoose extends ChoiceProps {
  clearable?: false;
  onChange: (value: string) => void;
}

interface MayChoose extends ChoiceProps {
  /** Nothing may be chosen again. */
  clearable: boolean;
  onChange: (value: string | null) => void;
}

/** One of several, by the browser's own list: it reads itself out, and a phone shows it in its own way. */
export function Choice(props: MustChoose | MayChoose) {
  const { data, value, placeholder = '', clearable = false, onChange, ...rest } = props;
  // A value that is not offered (any more) must not look like the first of those that are.
  const isOffered = data.some((one) => (typeof one === 'string' ? one : one.value) === value);
  const none = clearable || !isOffered ? [{ value: '', label: placeholder, disabled: !clearable }] : [];
  return (
    <NativeSelect
      {...rest}
      data={[...none, ...data]}
      value={isOffered && value !== null ? value : ''}
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        if (chosen !== '') onChange(chosen);
        else if (props.clearable) props.onChange(null);
      }}
    />
  );
}
