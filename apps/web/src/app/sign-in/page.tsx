import type { Metadata } from 'next';
import { Suspense } from 'react';
import { SignInPage } from '../../features/account/sign-in-page.tsx';

export const metadata: Metadata = { title: 'Sign in' };

export default function SignIn() {
  return (
    <Suspense>
      <SignInPage />
    </Suspense>
  );
}
