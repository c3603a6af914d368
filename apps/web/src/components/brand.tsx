import Link from 'next/link';

/** The mark: three bars of different height, a ranking. */
export function Brand({ href = '/' }: { href?: string }) {
  return (
    <Link href={href} className="rl-brand" aria-label="Rankloop">
      <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden>
        <rect width="32" height="32" rx="7" fill="#087f5b" />
        <path d="M9 23V13m7 10V8m7 15v-6" stroke="#fff" strokeWidth="4" strokeLinecap="round" fill="none" />
      </svg>
      <span>Rankloop</span>
    </Link>
  );
}
