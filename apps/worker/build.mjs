import { bundleApp } from '../../scripts/lib/bundle-app.mjs';

await bundleApp({ app: 'worker', entries: ['main.ts'] });
