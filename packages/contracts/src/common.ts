import './strict-csp.ts';
import { z } from 'zod';

/** Any RFC 4122-shaped id. `guid` and not `uuid`: ids made by other tools need not carry a version nibble. */
export const Id = z.guid();
export type Id = z.infer<typeof Id>;

/** ISO 8601 with offset, as sent over HTTP. */
export const Timestamp = z.iso.datetime({ offset: true });

export const Role = z.enum(['labeler', 'researcher', 'admin']);
export type Role = z.infer<typeof Role>;

const ROLE_ORDER: Record<Role, number> = { labeler: 0, researcher: 1, admin: 2 };

/** Each role may do what the ones before it may. */
export function roleAtLeast(role: Role, least: Role): boolean {
  return ROLE_ORDER[role] >= ROLE_ORDER[least];
}

/** What a personal API token may be used for; never more than its owner's role allows. */
export const TokenScope = z.enum(['read', 'label', 'import', 'export', 'train', 'admin']);
export type TokenScope = z.infer<typeof TokenScope>;

export const Message = z.object({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string().max(200_000),
});
export type Message = z.infer<typeof Message>;

/** Keyset paging: send back `nextCursor` as `cursor` to read on; null ends the list. */
export const PageQuery = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type PageQuery = z.infer<typeof PageQuery>;

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export const ProjectParams = z.object({ projectId: Id });
