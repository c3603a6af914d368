/** An error whose message is a sentence for people: printed without a stack. */
export class PlainError extends Error {
  name = 'PlainError';
}

/** Runs a script's main function; what goes wrong becomes a sentence and an exit status. */
export async function runMain(main) {
  // The terminal may be gone before we are.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(`\n${explain(error)}`);
    process.exitCode = 1;
  }
}

export function explain(error) {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'PlainError') return error.message;
  const file = typeof error.path === 'string' ? ` (${error.path})` : '';
  switch (error.code) {
    case 'ENOSPC':
      return `The disk is full${file}. Free some space and start again.`;
    case 'EDQUOT':
      return `Your disk quota is used up${file}. Free some space and start again.`;
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return `This user may not write here${file}. Start as the owner of the folder.`;
    case 'EMFILE':
    case 'ENFILE':
      return 'Too many files are open on this system. Raise the limit (ulimit -n) and start again.';
    default:
      // Not foreseen: here the stack is what helps.
      return `Something unexpected went wrong.\n${error.stack ?? error.message}`;
  }
}
