/** Comes with every page, so it is plain: no part of the library for a page that hardly anybody sees. */
export default function NotFound() {
  return (
    <main className="rl-narrow rl-plain" id="content">
      <h1>There is nothing at this address</h1>
      <p>It may have been moved or mistyped.</p>
      {/* Not the router's link: every page would pay for a second copy of it. */}
      <a href="/" className="rl-link">
        Go to your project
      </a>
    </main>
  );
}
