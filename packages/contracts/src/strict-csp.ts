import { z } from 'zod';

// In a page under a strict content security policy, zod's probe for `new Function` is reported as a violation.
// Imported before every schema, because schemas probe when they are made.
if ('document' in globalThis) z.config({ jitless: true });
