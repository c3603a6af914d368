/** A thread that decodes beside this one is gone, stuck or in trouble. What it was asked for can be decoded without it. */
export class HelperFailure extends Error {
  override readonly name = 'HelperFailure';
}
