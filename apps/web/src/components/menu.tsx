'use client';

import Link from 'next/link';
import { createContext, use, type CSSProperties, type KeyboardEvent, type ReactNode } from 'react';
import { usePopup, type Popup } from './popup.tsx';

const ITEM = '[role^="menuitem"]';
const CloseContext = createContext<() => void>(() => undefined);

interface MenuProps {
  label: string;
  widthPx?: number;
  align?: 'start' | 'end';
  /** The button; it takes these properties. */
  button: (target: Popup['target'] & { 'aria-haspopup': 'menu' }) => ReactNode;
  children: ReactNode;
}

/** Choices below a button. Arrows, Home, End and first letters move, Escape goes back to the button. */
export function Menu({ label, widthPx = 200, align = 'start', button, children }: MenuProps) {
  const popup = usePopup({ align, focus: ITEM });
  const style: CSSProperties & Record<'--rl-popup-width', string> = { '--rl-popup-width': `${widthPx}px` };
  return (
    <>
      {button({ ...popup.target, 'aria-haspopup': 'menu' })}
      <div
        {...popup.box}
        className="rl-popup rl-menu"
        role="menu"
        aria-label={label}
        style={style}
        onKeyDown={(event) => {
          if (event.key === 'Tab') popup.close();
          else moveFocus(event);
        }}
      >
        {popup.opened && <CloseContext value={popup.close}>{children}</CloseContext>}
      </div>
    </>
  );
}

interface MenuLinkProps {
  href: string;
  isCurrent?: boolean;
  /** A word at the far end. */
  note?: string;
  children: ReactNode;
}

export function MenuLink({ href, isCurrent = false, note, children }: MenuLinkProps) {
  const close = use(CloseContext);
  return (
    <Link
      href={href}
      role="menuitem"
      tabIndex={-1}
      aria-current={isCurrent ? 'page' : undefined}
      onClick={close}
    >
      <span>{children}</span>
      {note !== undefined && <small>{note}</small>}
    </Link>
  );
}

interface MenuItemProps {
  /** One of several of which one is chosen. */
  checked?: boolean;
  onClick: () => void;
  children: ReactNode;
}

export function MenuItem({ checked, onClick, children }: MenuItemProps) {
  const close = use(CloseContext);
  const choose = () => {
    // The focus is back at the button first: what the choice does may move it on.
    close();
    onClick();
  };
  return (
    <button
      type="button"
      {...(checked === undefined ? { role: 'menuitem' } : { role: 'menuitemradio', 'aria-checked': checked })}
      tabIndex={-1}
      onClick={choose}
    >
      <span>{children}</span>
    </button>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <div className="rl-menu-label">{children}</div>;
}

export function MenuDivider() {
  return <hr />;
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>(ITEM)];
  const at = items.findIndex((item) => item === document.activeElement);
  const next = nextItem(event.key, items, at);
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

function nextItem(key: string, items: readonly HTMLElement[], at: number): HTMLElement | undefined {
  if (key === 'ArrowDown') return items[(at + 1) % items.length];
  if (key === 'ArrowUp') return items.at(at <= 0 ? -1 : at - 1);
  if (key === 'Home') return items[0];
  if (key === 'End') return items.at(-1);
  if (!/^\S$/.test(key)) return undefined;
  const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
  return after.find(({ textContent }) => textContent.trim().toLowerCase().startsWith(key.toLowerCase()));
}
