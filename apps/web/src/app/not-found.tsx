import Link from 'next/link';

export default function NotFound() {
  return (
    <main className="rl-page">
      <h1 className="rl-title">There is nothing at this address</h1>
      <p>
        It may have been moved or mistyped.{' '}
        <Link href="/" className="rl-link">
          Go to your project
        </Link>
      </p>
    </main>
  );
}
