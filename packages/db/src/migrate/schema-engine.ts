import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type * as engineModule from '@prisma/schema-engine-wasm/schema_engine_bg';

type EngineModule = typeof engineModule;

/** Nothing in the database is outside our schema, so nothing is filtered. */
export const NO_FILTERS = { externalTables: [], externalEnums: [] };

let loaded: Promise<EngineModule> | undefined;

/** The package is built for bundlers: under Node its WebAssembly module is instantiated by hand. */
function loadEngine(): Promise<EngineModule> {
  return (loaded ??= (async () => {
    const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
    const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
    const module = await WebAssembly.compile(
      await readFile(path.join(path.dirname(entry), 'schema_engine_bg.wasm')),
    );
    const instance = await WebAssembly.instantiate(module, {
      './schema_engine_bg.js': withIdleTimers(bindings),
    });
    // wasm-bindgen's own start-up hooks, absent from the published types.
    const hooks = bindings as unknown as { __wbg_set_wasm(exports: unknown): void };
    hooks.__wbg_set_wasm(instance.exports);
    const start = instance.exports['__wbindgen_start'];
    if (typeof start === 'function') (start as () => void)();
    return bindings;
  })());
}

/** The engine's own time limits outlive its work by seconds: they must not keep the process up. */
function withIdleTimers(bindings: EngineModule): WebAssembly.ModuleImports {
  // The bindings are the module's imports; their types do not say so.
  const imports = { ...bindings } as unknown as Record<string, (...args: never[]) => unknown>;
  for (const [name, original] of Object.entries(imports)) {
    if (!name.startsWith('__wbg_setTimeout_')) continue;
    imports[name] = (...args) => {
      const timer = original(...args);
      (timer as NodeJS.Timeout).unref();
      return timer;
    };
  }
  return imports;
}

/**
 * The adapter's own `executeScript` splits at every ';', which breaks function bodies and literals and
 * leaves a failed migration half applied. One simple query runs the whole script in one transaction.
 */
class MigratorAdapter extends PrismaPg {
  readonly #opened: { dispose(): Promise<void> }[] = [];
  readonly #runScript: RunScript;

  constructor(url: string, runScript: RunScript) {
    super({ connectionString: url, max: 1, connectionTimeoutMillis: 10_000 });
    this.#runScript = runScript;
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    const client = adapter.underlyingDriver();
    adapter.executeScript = (script) => this.#runScript(script, (sql) => client.query(sql));
    this.#opened.push(adapter);
    return adapter;
  }

  async disposeAll(): Promise<void> {
    for (const adapter of this.#opened) await adapter.dispose();
  }
}

type RunScript = (script: string, query: (sql: string) => Promise<unknown>) => Promise<void>;

export interface WithSchemaEngineOptions {
  url: string;
  datamodels: [string, string][];
  runScript?: RunScript;
}

/** Runs `use` with Prisma's schema engine (WebAssembly, no download) on one connection. */
export async function withSchemaEngine<T>(
  options: WithSchemaEngineOptions,
  use: (engine: engineModule.SchemaEngine) => Promise<T>,
): Promise<T> {
  const { SchemaEngine: Engine } = await loadEngine();
  const adapter = new MigratorAdapter(
    options.url,
    options.runScript ??
      (async (script, query) => {
        await query(script);
      }),
  );
  const ignoreLogLine = () => undefined;
  const engine = await Engine.new(
    { datamodels: options.datamodels },
    ignoreLogLine,
    bindMigrationAwareSqlAdapterFactory(adapter),
  );
  try {
    return await use(engine);
  } finally {
    engine.free();
    await adapter.disposeAll();
  }
}
