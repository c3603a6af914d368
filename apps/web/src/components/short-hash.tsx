/** The first characters of a SHA-256; all of them on hover. */
export function ShortHash({ hash }: { hash: string | null }) {
  if (hash === null) return <span>-</span>;
  return (
    <span className="rl-hash" title={`SHA-256 ${hash}`}>
      {hash.slice(0, 8)}
    </span>
  );
}
