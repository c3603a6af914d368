import { hash, verify } from '@node-rs/argon2';
import { newSecret } from '../shared/secrets.ts';

// OWASP's figures for Argon2id (the library's default variant): 19 MiB, two passes, one lane.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export function hashPassword(password: string): Promise<string> {
  return hash(password, COST);
}

let decoy: Promise<string> | undefined;

/** An account that does not exist costs the same time as a wrong password, so that time tells nothing. */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  const isRight = await verify(passwordHash ?? (await (decoy ??= hashPassword(newSecret()))), password);
  return isRight && passwordHash !== null;
}
