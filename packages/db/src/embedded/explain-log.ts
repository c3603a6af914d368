/** What a server that would not start wrote last, as a sentence for people. */
export function explainServerLog(log: string, logFile: string): string {
  if (/No space left on device|could not extend file/i.test(log))
    return 'The disk is full: PostgreSQL could not write. Free some space and start again.';
  if (/could not create shared memory segment|could not resize shared memory/i.test(log))
    return 'PostgreSQL got no shared memory. In a container, give it at least 256 MB of /dev/shm (docker: --shm-size=256m).';
  const version = /initialized by PostgreSQL version (\d+)/.exec(log)?.[1];
  if (version !== undefined) return wrongMajor(version);
  if (/could not locate a valid checkpoint|invalid (primary )?checkpoint|PANIC/i.test(log))
    return `PostgreSQL says its data is damaged. Its log is ${logFile}; restore a backup, or move the data away to begin anew.`;
  const fatal = log
    .split('\n')
    .reverse()
    .find((line) => /FATAL|PANIC|error/i.test(line));
  const said = fatal?.replace(/^.*?(FATAL|PANIC|error):\s*/i, '').trim() ?? 'it said nothing';
  return `PostgreSQL did not start: ${said}. Its log is ${logFile}.`;
}

export function wrongMajor(found: string): string {
  return `The database was written by PostgreSQL ${found}, which this release does not read. Back it up with the older release and restore it here.`;
}
