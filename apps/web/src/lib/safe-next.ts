/** A path on this site to go to after signing in; anything else is ignored. */
export function safeNext(next: string | null): string | null {
  return next !== null && /^\/(?![/\\])[^\t\n\r]*$/.test(next) ? next : null;
}

/** Where somebody signs in who wanted to go to a path on this site, to be led there afterwards. */
export function signInAddress(wanted: string): string {
  return wanted === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(wanted)}`;
}

/** Whether a page shows nothing to somebody who is not signed in. */
export function isForSignedIn(pathname: string): boolean {
  return /^\/(?:p\/.*|account|new-project)?$/.test(pathname);
}
