import { join } from 'node:path';
import type { NextConfig } from 'next';

const config: NextConfig = {
  output: 'standalone',
  // The workspace root: what the standalone server needs is traced from there.
  outputFileTracingRoot: join(import.meta.dirname, '../..'),
  turbopack: { root: join(import.meta.dirname, '../..') },
  transpilePackages: ['@rankloop/contracts'],
  poweredByHeader: false,
  reactStrictMode: true,
  // Types are checked by the `types` script, for all workspaces at once.
  typescript: { ignoreBuildErrors: true },
  // The front door streams; compressing here would delay server-sent parts and cost CPU twice.
  compress: true,
  devIndicators: false,
};

export default config;
