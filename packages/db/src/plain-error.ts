/** An error whose message is a sentence for people: print it without a stack. */
export class PlainError extends Error {
  override readonly name: string = 'PlainError';
}
