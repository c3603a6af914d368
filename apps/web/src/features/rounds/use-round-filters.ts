'use client';

import { usePathname, useSearchParams } from 'next/navigation';
import { readFilters, writeFilters, type RoundFilters } from './round-filters.ts';

export function useRoundFilters(): {
  filters: RoundFilters;
  change: (next: Partial<RoundFilters>) => void;
} {
  const pathname = usePathname();
  const search = useSearchParams();
  const filters = readFilters(search);
  return {
    filters,
    change(next) {
      const address = writeFilters({ ...filters, ...next });
      // Not the router: it would ask the server for the page, which is the same for every filter.
      window.history.replaceState(null, '', address === '' ? pathname : `${pathname}?${address}`);
    },
  };
}
