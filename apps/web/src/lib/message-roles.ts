import type { Message } from '@rankloop/contracts';

/** Who speaks in a conversation, as people call it. */
export const ROLE_NAMES: Record<Message['role'], string> = {
  system: 'System',
  user: 'User',
  assistant: 'Assistant',
};
