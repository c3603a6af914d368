'use client';

import { PasswordInput } from '@mantine/core';

interface PasswordFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
}

const MIN_LENGTH = 12;

/** A password that is being chosen. */
export function NewPasswordField({ label, value, onChange, error }: PasswordFieldProps) {
  return (
    <PasswordInput
      label={label}
      description={`At least ${MIN_LENGTH} characters; a sentence is good.`}
      name="new-password"
      autoComplete="new-password"
      required
      withAsterisk={false}
      minLength={MIN_LENGTH}
      maxLength={200}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
    />
  );
}
