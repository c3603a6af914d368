import type { Role } from '@rankloop/contracts';

export const ROLES: readonly { value: Role; label: string }[] = [
  { value: 'labeler', label: 'Labeler' },
  { value: 'researcher', label: 'Researcher' },
  { value: 'admin', label: 'Admin' },
];

export const ROLE_HELP: Record<Role, string> = {
  labeler: 'Judges outputs.',
  researcher: 'Also reads judgements and runs rounds.',
  admin: 'Also invites, imports, exports, changes settings.',
};
