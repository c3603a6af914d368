import { AppError } from '@rankloop/contracts';
import { z } from 'zod';

/** Where a page ended: the sort value and the id of its last row. */
const Position = z.tuple([z.string().max(80), z.string().max(80)]);
export type Position = z.infer<typeof Position>;

export function encodeCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** @throws AppError `bad_request` when the cursor is not one of ours */
export function decodeCursor(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  try {
    return Position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw badCursor(cause);
  }
}

/** Where a page of a list sorted by a whole-numbered id ended: positions are [anything, id]. */
export function decodeIdCursor(cursor: string | undefined): bigint | undefined {
  const position = decodeCursor(cursor);
  if (!position) return undefined;
  if (!/^\d{1,18}$/.test(position[1])) throw badCursor();
  return BigInt(position[1]);
}

/** Where to go on in a list whose order has no key of its own: positions are ["from", rows before]. */
export function decodeOffset(cursor: string | undefined): number {
  return Number(decodeIdCursor(cursor) ?? 0n);
}

/** Of a list that is `count` rows long; null at its end. */
export function offsetCursor(next: number, count: number): string | null {
  return next < count ? encodeCursor(['from', String(next)]) : null;
}

/** Position of a list sorted by time, newest first. */
export function decodeTimeCursor(cursor: string | undefined): { at: Date; id: string } | undefined {
  const position = decodeCursor(cursor);
  if (!position) return undefined;
  const at = new Date(position[0]);
  if (Number.isNaN(at.getTime()) || !z.guid().safeParse(position[1]).success) throw badCursor();
  return { at, id: position[1] };
}

/** Prisma's condition for the rows after a position of a list sorted by `createdAt` and `id`, newest first. */
export function olderThan(cursor: string | undefined) {
  const position = decodeTimeCursor(cursor);
  if (!position) return {};
  return {
    OR: [{ createdAt: { lt: position.at } }, { createdAt: position.at, id: { lt: position.id } }],
  };
}

/** Cuts the one row too many that was read to know whether there is a next page. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  toPosition: (row: Row) => Position,
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items: shown.map(toItem), nextCursor: hasMore ? encodeCursor(toPosition(last)) : null };
}

/** `toPage` for rows sorted by `createdAt` and `id`, newest first. */
export function toTimePage<Row extends { createdAt: Date; id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
) {
  return toPage(rows, limit, toItem, (row) => [row.createdAt.toISOString(), row.id]);
}

function badCursor(cause?: unknown): AppError {
  return new AppError('bad_request', {
    detail: 'The cursor is not one that this server gave.',
    issues: [{ path: '/cursor', message: 'Not a cursor of this list' }],
    cause,
  });
}
