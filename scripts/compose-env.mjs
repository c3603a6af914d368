// `npm run compose:env`: writes the .env that docker compose reads, with fresh secrets. Never overwrites one.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib/paths.mjs';
import { PlainError, runMain } from './lib/plain.mjs';

await runMain(() => {
  const file = path.join(process.argv[2] ?? root, '.env');
  // URL-safe: the passwords become parts of connection strings.
  const secret = (bytes) => randomBytes(bytes).toString('base64url');
  const text = `# Read by docker compose. Keep it private, and keep it: without POSTGRES_PASSWORD the data cannot be opened.
POSTGRES_PASSWORD=${secret(24)}
REDIS_PASSWORD=${secret(24)}

# The address that people type into their browser.
PUBLIC_URL=http://localhost:3000
RANKLOOP_PORT=3000
`;
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    throw new PlainError(
      `${file} is there already and was left as it is. Delete it first to make new secrets.`,
    );
  }
  console.log(`Wrote ${file}. Next: docker compose up --build --detach`);
});
