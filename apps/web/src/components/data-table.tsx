'use client';

import { Button, Group, Text } from '@mantine/core';
import Link from 'next/link';
import type { KeyboardEvent, MouseEvent, ReactNode } from 'react';

export interface Column<Row> {
  key: string;
  title: ReactNode;
  cell: (row: Row) => ReactNode;
  align?: 'left' | 'right';
  /** Short words that must not break, such as a name. */
  nowrap?: boolean;
}

export interface DataTableProps<Row> {
  /** What the rows are, for screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** A click or Enter on a row. Where a row leads to a page, `link` is better. */
  onOpen?: (row: Row) => void;
  /** The page of a row; the cell of this column is its link, and a click beside it follows it. */
  link?: { column: string; href: (row: Row) => string };
  /** Present while there are more rows to read. */
  onMore?: (() => void) | undefined;
  loadingMore?: boolean;
  empty?: ReactNode;
}

/**
 * Rows with a head that stays, read on by a button, opened by Enter. Arrows move between rows.
 * On a phone each row is a list of its cells. The roles are written out because another layout would take them away.
 */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, onOpen, link, onMore, loadingMore = false, empty } = props;
  if (rows.length === 0 && empty !== undefined) return <div className="rl-panel">{empty}</div>;
  return (
    <div className="rl-panel">
      <div className="rl-table-frame" tabIndex={0} role="region" aria-label={label}>
        <table className="rl-table" role="table">
          <thead role="rowgroup">
            <tr role="row">
              {columns.map((column) => (
                <th key={column.key} role="columnheader" scope="col" data-align={column.align}>
                  {column.title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {rows.map((row) => (
              <tr
                key={rowKey(row)}
                role="row"
                {...(onOpen ? opensRow(() => onOpen(row)) : link ? FOLLOWS_LINK : {})}
              >
                {columns.map((column) => (
                  <td
                    key={column.key}
                    role="cell"
                    data-label={typeof column.title === 'string' ? column.title : undefined}
                    data-align={column.align}
                    data-nowrap={column.nowrap}
                  >
                    <div>
                      {link?.column === column.key ? (
                        <Link href={link.href(row)} className="rl-link rl-row-link" prefetch={false}>
                          {column.cell(row)}
                        </Link>
                      ) : (
                        column.cell(row)
                      )}
                    </div>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {onMore && (
        <Group p="xs" justify="space-between">
          <Text size="xs" c="dimmed">
            {rows.length} shown
          </Text>
          <Button size="xs" variant="default" loading={loadingMore} onClick={onMore}>
            Load more
          </Button>
        </Group>
      )}
    </div>
  );
}

/** A click beside the row's link goes where the link goes, into a new tab when asked for; arrows move between links. */
const FOLLOWS_LINK = {
  'data-link': true,
  onClick: (event: MouseEvent<HTMLTableRowElement>) => {
    if (isInsideControl(event.target, event.currentTarget)) return;
    const { ctrlKey, metaKey, shiftKey } = event;
    linkOf(event.currentTarget)?.dispatchEvent(
      new window.MouseEvent('click', { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey }),
    );
  },
  onKeyDown: (event: KeyboardEvent<HTMLTableRowElement>) => {
    const next = NEIGHBOURS[event.key];
    if (next === undefined || event.target !== linkOf(event.currentTarget)) return;
    const row = event.currentTarget[next];
    if (row === null) return;
    event.preventDefault();
    linkOf(row)?.focus();
  },
};

const linkOf = (row: Element) => row.querySelector<HTMLAnchorElement>('.rl-row-link');

const NEIGHBOURS: Readonly<Record<string, 'nextElementSibling' | 'previousElementSibling'>> = {
  ArrowDown: 'nextElementSibling',
  ArrowUp: 'previousElementSibling',
};

function opensRow(open: () => void) {
  return {
    tabIndex: 0,
    onClick: (event: MouseEvent<HTMLTableRowElement>) => {
      if (!isInsideControl(event.target, event.currentTarget)) open();
    },
    onKeyDown: (event: KeyboardEvent<HTMLTableRowElement>) => {
      if (event.target !== event.currentTarget) return;
      if (event.key === 'Enter') open();
      const next = NEIGHBOURS[event.key];
      if (next === undefined) return;
      const row = event.currentTarget[next];
      if (row instanceof HTMLElement) {
        event.preventDefault();
        row.focus();
      }
    },
  };
}

/** A link or button within a row does its own thing. */
function isInsideControl(target: EventTarget, row: HTMLElement): boolean {
  const control = target instanceof Element ? target.closest('a, button, input, select, label') : null;
  return control !== null && row.contains(control);
}
