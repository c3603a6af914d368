'use client';

import { useInfiniteQuery, type QueryKey } from '@tanstack/react-query';

interface Page<Row> {
  items: Row[];
  nextCursor: string | null;
}

export interface Pages<Row> {
  rows: Row[] | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
  loadingMore: boolean;
  /** Undefined at the end of the list. */
  onMore: (() => void) | undefined;
}

/** A keyset-paged list as one growing array. */
export function usePages<Row>(
  queryKey: QueryKey,
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Row>>,
  { refetchInterval = false }: { refetchInterval?: number | false } = {},
): Pages<Row> {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    refetchInterval,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
  return {
    rows: query.data?.pages.flatMap((page) => page.items),
    error: query.error,
    isPending: query.isPending,
    refetch: query.refetch,
    loadingMore: query.isFetchingNextPage,
    onMore: query.hasNextPage ? () => void query.fetchNextPage() : undefined,
  };
}
