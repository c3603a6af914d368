/** A place in the order of work, as the index `slot_open` has it. Both are bigint columns, as text. */
export interface SlotPosition {
  /** Minus the priority. */
  rank: string;
  slotId: string;
}

/** Before every slot. */
export const START: SlotPosition = { rank: '-9223372036854775808', slotId: '0' };

const MAX_AGE_MS = 5000;
const MAX_MARKS = 10_000;

interface Mark {
  position: SlotPosition;
  lookedFromStartAt: number;
}

/**
 * Where a labeler's next look may begin: what lies before was done, taken, or not for them when they last passed it.
 * A hint that saves walking the same entries for every claim. A slot that was freed behind the mark is
 * seen when the mark is 5 s old, and "nothing left" is never said on the strength of a mark.
 */
export class ClaimMarks {
  readonly #marks = new Map<string, Mark>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  find(projectId: string, labelerId: string): SlotPosition {
    const mark = this.#marks.get(`${projectId} ${labelerId}`);
    return mark && this.#now() - mark.lookedFromStartAt < MAX_AGE_MS ? mark.position : START;
  }

  advance(projectId: string, labelerId: string, look: { from: SlotPosition; to: SlotPosition }): void {
    const key = `${projectId} ${labelerId}`;
    const { rank, slotId } = look.to;
    const old = this.#marks.get(key);
    const lookedFromStartAt = look.from === START || !old ? this.#now() : old.lookedFromStartAt;
    if (this.#marks.size >= MAX_MARKS) this.#marks.clear();
    this.#marks.set(key, { position: { rank, slotId }, lookedFromStartAt });
  }
}
