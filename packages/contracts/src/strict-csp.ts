import { z } from 'zod';

// In a page under a strict content security policy, zod's probe for `new Function` is reported as a violation.
// Schemas probe when they are made: each module that makes some without importing another of ours imports this first.
// It is named in `sideEffects`, or a page that takes single schemas would leave it out.
if ('document' in globalThis) z.config({ jitless: true });
