import { bundleApp } from '../../scripts/lib/bundle-app.mjs';

// Training runs in a process of its own, so its entry is a file of its own.
await bundleApp({ app: 'worker', entries: ['main.ts', 'training/training.child.ts'] });
