import type { Role, TokenScope } from '@rankloop/contracts';

/** Who is asking. Comes from the session or token alone, never from a body, query or header field. */
export interface Principal {
  userId: string;
  name: string;
  email: string;
  siteAdmin: boolean;
  /** Decides the source of this account's judgements. */
  kind: 'person' | 'synthetic' | 'imported';
  via:
    | { kind: 'session'; sessionId: string; expiresAt: Date }
    | { kind: 'token'; tokenId: string; scopes: readonly TokenScope[] };
}

/** What the asker may do in the project of the path, with the settings that hot routes need. */
export interface ProjectAccess {
  projectId: string;
  /** Site admins act as admin in every project. */
  role: Role;
  isDemo: boolean;
  leaseTtlMs: number;
  editWindowMs: number;
}

export interface Access {
  principal: Principal;
  /** Null: no such project, or not a member; the two look the same from outside. */
  project: ProjectAccess | null;
}
