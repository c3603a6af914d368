import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits as 43 URL-safe characters: sessions, links and API tokens. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** What the database keeps of a secret. A fast hash is enough: the secret itself has 256 bits. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
