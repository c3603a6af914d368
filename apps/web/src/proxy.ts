import { SESSION_COOKIE } from '@rankloop/contracts';
import { NextResponse, type NextRequest } from 'next/server';
import { isForSignedIn, signInAddress } from './lib/safe-next.ts';

/**
 * Somebody without a cookie is sent to sign in at once, instead of loading a page that asks and is refused. This decides
 * nothing: whether a cookie is worth something, and what its owner may see, the API says.
 */
function askToSignIn({ cookies, nextUrl }: NextRequest): NextResponse | null {
  if (cookies.has(SESSION_COOKIE) || !isForSignedIn(nextUrl.pathname)) return null;
  return NextResponse.redirect(
    new URL(signInAddress(`${nextUrl.pathname}${nextUrl.search}`), nextUrl.origin),
  );
}

/** Every page gets a content security policy with a nonce of its own; nothing inline runs without it. */
export function proxy(request: NextRequest): NextResponse {
  const asked = askToSignIn(request);
  if (asked) return asked;
  const nonce = Buffer.from(crypto.randomUUID()).toString('base64');
  // React's development build needs eval for its stack traces.
  const dev = process.env.NODE_ENV === 'development' ? " 'unsafe-eval'" : '';
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${dev}`,
    `style-src 'self' 'nonce-${nonce}'`,
    `style-src-elem 'self' 'nonce-${nonce}'`,
    // Server-rendered style attributes (Mantine's custom properties); an attribute cannot load or run anything.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
  const headers = new Headers(request.headers);
  headers.set('x-nonce', nonce);
  headers.set('content-security-policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  return response;
}

export const config = {
  matcher: [
    {
      source: '/((?!api|_next/static|_next/image|icon.svg).*)',
      missing: [{ type: 'header', key: 'next-router-prefetch' }],
    },
  ],
};
