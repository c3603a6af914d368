'use client';

import type { Pages } from '../lib/use-pages.ts';
import { DataTable, type DataTableProps } from './data-table.tsx';
import { QueryState } from './states.tsx';

interface PagedTableProps<Row> extends Omit<DataTableProps<Row>, 'rows' | 'onMore' | 'loadingMore'> {
  pages: Pages<Row>;
  /** Grey lines while the first page comes. */
  lines?: number;
}

/** A keyset-paged list as a table, with its loading, failed and empty states. */
export function PagedTable<Row>({ pages, lines = 6, ...table }: PagedTableProps<Row>) {
  return (
    <QueryState query={{ ...pages, data: pages.rows }} lines={lines}>
      {(rows) => <DataTable {...table} rows={rows} onMore={pages.onMore} loadingMore={pages.loadingMore} />}
    </QueryState>
  );
}
