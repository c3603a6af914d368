import { Text } from '@mantine/core';
import Link from 'next/link';
import { FormFrame } from '../features/account/form-frame.tsx';

export default function NotFound() {
  return (
    <FormFrame title="There is nothing at this address">
      <Text>It may have been moved or mistyped.</Text>
      <Link href="/" className="rl-link">
        Go to your project
      </Link>
    </FormFrame>
  );
}
