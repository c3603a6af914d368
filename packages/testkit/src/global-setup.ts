/** Until the embedded server is wired in: TEST_DATABASE_URL, else the usual local server. */
export default function setup(): void {
  process.env['TEST_DATABASE_URL'] ??= 'postgresql://postgres@127.0.0.1:5432/postgres';
}
