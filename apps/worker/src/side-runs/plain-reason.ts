/** A failure whose message is for the person who waits. */
export class PlainReason extends Error {
  override readonly name = 'PlainReason';
}
