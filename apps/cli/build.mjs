import { bundleApp } from '../../scripts/lib/bundle-app.mjs';

await bundleApp({ app: 'cli', entries: ['main.ts'], outdir: process.argv[2] });
