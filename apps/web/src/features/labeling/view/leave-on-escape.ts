/** Escape gives the keys back to the page. */
export function leaveOnEscape(event: { key: string; currentTarget: HTMLElement }): void {
  if (event.key === 'Escape') event.currentTarget.blur();
}
