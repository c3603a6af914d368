/** A path on this site to go to after signing in; anything else is ignored. */
export function safeNext(next: string | null): string | null {
  return next !== null && /^\/(?![/\\])[^\t\n\r]*$/.test(next) ? next : null;
}
