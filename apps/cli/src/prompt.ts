import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';

let piped: string[] | undefined;

/** Asks at the terminal; from a pipe, takes the next line. What is `hidden` is not echoed. */
export async function ask(question: string, { hidden = false } = {}): Promise<string> {
  if (!process.stdin.isTTY) {
    piped ??= (await text(process.stdin)).split('\n');
    const line = piped.shift();
    if (line === undefined) throw new Error(`There is no answer to: ${question.trim()}`);
    return line.trim();
  }
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: hidden ? silent : process.stderr,
    terminal: true,
  });
  try {
    return (await lines.question('')).trim();
  } finally {
    lines.close();
    if (hidden) process.stderr.write('\n');
  }
}
