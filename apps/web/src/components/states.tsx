'use client';

import { Alert, Button, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import { ApiError } from '../lib/api-client.ts';
import { describeError } from '../lib/describe-error.ts';

interface ErrorStateProps {
  error: unknown;
  /** What is safe despite the error, such as "Your draft is kept". */
  safe?: string;
  onRetry?: () => void;
}

/** What happened, what is safe, what to do. */
export function ErrorState({ error, safe, onRetry }: ErrorStateProps) {
  const { title, text, reference } = describeError(error);
  return (
    <Alert color="orange" variant="outline" title={title} role="alert" maw={720}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          {text} {safe}
        </Text>
        {reference !== '' && (
          <Text size="xs" c="dimmed">
            Request {reference}
          </Text>
        )}
        {onRetry && isWorthRetrying(error) && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** Asking again finds nothing where there is nothing, and no rights where there are none. */
function isWorthRetrying(error: unknown): boolean {
  return !(error instanceof ApiError && [400, 403, 404, 410].includes(error.status));
}

interface EmptyStateProps {
  title: string;
  /** What this is and why it is empty. */
  children: ReactNode;
  /** The one button or link that fills it. */
  action?: ReactNode;
}

export function EmptyState({ title, children, action }: EmptyStateProps) {
  return (
    <Stack align="flex-start" gap="xs" p="lg" maw={560}>
      <Title order={2} size="h4">
        {title}
      </Title>
      <Text size="sm" c="dimmed" component="div">
        {children}
      </Text>
      {action}
    </Stack>
  );
}

/** Grey lines where text will be; nothing at all for the first 200 ms, so that fast answers do not flicker. */
export function LoadingSkeleton({ lines = 6 }: { lines?: number }) {
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setVisible(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-busy="true">
      <span className="rl-visually-hidden">Loading</span>
      {visible && (
        <Stack gap="xs" p="md" aria-hidden>
          {Array.from({ length: lines }, (_, i) => (
            <Skeleton key={i} height={16} width={`${100 - ((i * 13) % 40)}%`} />
          ))}
        </Stack>
      )}
    </div>
  );
}

interface QueryStateProps<T> {
  query: { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown };
  lines?: number;
  children: (data: T) => ReactNode;
}

/** The three states of a query in one place: skeleton, error with a retry, data. Old data stays while it reloads. */
export function QueryState<T>({ query, lines = 6, children }: QueryStateProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isPending) return <LoadingSkeleton lines={lines} />;
  return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
}
