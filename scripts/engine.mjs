// `npm run engine`: the TensorFlow engine for this user, or one sentence about why there is none.
import { setPriority } from 'node:os';
import { parseArgs } from 'node:util';
import { PlainError, runMain } from './lib/plain.mjs';
import { RETRY_AFTER_MS } from './engine/before.mjs';
import { prepareEngine } from './engine/prepare.mjs';

const HELP = `npm run engine -- [native | gpu | doctor]
  native   TensorFlow on the processor (the default)
  gpu      TensorFlow on an NVIDIA card
  doctor   which engine runs here, why no better one, and how fast it is
`;

await runMain(async () => {
  const { what, isBackground } = readArguments();
  if (what === 'doctor') {
    const { examine } = await import('./engine/doctor.mjs');
    return examine();
  }
  // Leaving by the front door ends the tools that we started and frees the lock.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));
  if (isBackground) setPriority(19);
  const result = await prepareEngine(what, { retryAfterMs: isBackground ? RETRY_AFTER_MS : 0 });
  if ('folder' in result) {
    console.log(`The ${what} engine works. It is used from the next round on.`);
    return 0;
  }
  console.log(`No ${what} engine here: ${result.why}`);
  // Not an error of the product, which runs on another engine; who asked for this one wants to know in a script too.
  return isBackground ? 0 : 1;
});
// Children that were cut off may hold the loop open.
process.exit();

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { background: { type: 'boolean', default: false } },
    });
    const what = positionals[0] ?? 'native';
    if (positionals.length > 1 || !['native', 'gpu', 'doctor'].includes(what)) throw new PlainError(HELP);
    return { what, isBackground: values.background };
  } catch (error) {
    throw new PlainError(HELP, { cause: error });
  }
}
