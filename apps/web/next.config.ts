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
  // Pages and scripts are compressed here; the front door hands them on as they are.
  compress: true,
  devIndicators: false,
};

export default config;
