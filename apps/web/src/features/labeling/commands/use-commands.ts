'use client';

import type { FormSpec } from '@rankloop/contracts';
import { useEffect, useEffectEvent } from 'react';
import { commandOf, type CommandId, type FocusPlace } from './commands.ts';

/** What kind of element has the focus, as far as keys care. */
export function focusPlaceOf(element: Element | null): FocusPlace {
  if (!(element instanceof HTMLElement)) return 'page';
  if (
    element.isContentEditable ||
    element instanceof HTMLTextAreaElement ||
    element instanceof HTMLSelectElement
  )
    return 'text';
  if (element instanceof HTMLInputElement)
    return /^(checkbox|radio|button)$/.test(element.type) ? 'page' : 'text';
  // A mark on a scale is chosen by digits and arrows; Enter there means the whole answer.
  if (element.getAttribute('role') === 'radio') return 'page';
  return element.closest('button, a, summary, [role="button"], [role="menuitem"]') ? 'control' : 'page';
}

/** A dialog has the keys to itself. */
export function isDialogOpen(): boolean {
  return document.querySelector('[aria-modal="true"]') !== null;
}

/** Runs a command for its key. `run` says whether it took it; what nobody takes stays with the browser. */
export function useCommands(form: FormSpec, singleKeys: boolean, run: (command: CommandId) => boolean): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || isDialogOpen()) return;
    const command = commandOf(event, { form, focus: focusPlaceOf(document.activeElement), singleKeys });
    if (command !== null && run(command)) event.preventDefault();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKeyDown(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
}
