import { bundleApp } from '../../scripts/lib/bundle-app.mjs';

// Training runs in a process and threads of its own, so their entries are files of their own.
await bundleApp({
  app: 'worker',
  entries: ['main.ts', 'training/training.child.ts', 'training/decode.thread.ts'],
  outdir: process.argv[2],
});
