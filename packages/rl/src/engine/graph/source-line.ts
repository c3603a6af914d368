// Which line of the product made an operation.

/**
 * Frames of the recording itself, of TF.js and of Node say nothing about who asked. With source maps, as the service runs,
 * TF.js lies in "tfjs-core/src" outside of node_modules.
 */
const NOT_THE_AUTHOR =
  /node_modules|node:internal|[\\/]tfjs-[a-z-]+[\\/]|[\\/]engine[\\/](graph[\\/]|program\.ts|custom-grad)/;

/** How many callers are named: the line that made the operation and those that asked for it. */
const SHOWN_CALLERS = 2;

/**
 * The innermost lines outside TF.js and the recorder, such as "losses/pair-loss.ts:44 < algorithms/train.ts:20".
 * `Error.stackTraceLimit` has to be high enough while recording: TF.js nests deeply.
 *
 * @param stack of an error that was thrown; by default from here
 */
export function sourceLine(stack = new Error().stack): string {
  const lines: string[] = [];
  for (const frame of (stack ?? '').split('\n').slice(1)) {
    if (NOT_THE_AUTHOR.test(frame)) continue;
    const place = /(?:file:\/\/)?([^\s()]+):(\d+):\d+\)?$/.exec(frame);
    if (place?.[1] === undefined) continue;
    lines.push(`${lastFolders(place[1])}:${place[2] ?? ''}`);
    if (lines.length === SHOWN_CALLERS) break;
  }
  return lines.length === 0 ? 'an unknown line' : lines.join(' < ');
}

function lastFolders(path: string): string {
  return path.split(/[\\/]/).slice(-2).join('/');
}
