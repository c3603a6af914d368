import type { ClaimAnswer, LeasedTask } from '@rankloop/contracts';
import { describe, expect, it } from 'vitest';
import { heldLeases, reduceFlow, shownTask, START, type Flow, type FlowEvent } from './flow.ts';

function task(leaseId: string): LeasedTask {
  return {
    leaseId,
    taskId: `task-${leaseId}`,
    expiresAt: '2030-01-01T00:00:00Z',
    form: {},
    formVersionId: 'form',
    conversation: [],
    outputs: [],
  };
}
const claim = (leaseId: string | null): ClaimAnswer => ({
  task: leaseId === null ? null : task(leaseId),
  withOthers: leaseId === null ? 7 : 0,
  mayReturnAt: null,
});
const run = (...events: FlowEvent[]): Flow => events.reduce(reduceFlow, START);
const answeringOne: FlowEvent[] = [
  { type: 'claimed', claim: claim('one') },
  { type: 'prefetched', claim: claim('two') },
];

describe('the way from task to task', () => {
  it('has the next task there at once', () => {
    const flow = run(...answeringOne, { type: 'answered', leaseId: 'one' });
    expect(shownTask(flow)?.leaseId).toBe('two');
    expect(heldLeases(flow)).toEqual(['two']);
  });

  it('does not take the task in hand for the next one', () => {
    const flow = run({ type: 'claimed', claim: claim('one') }, { type: 'prefetched', claim: claim('one') });
    expect(heldLeases(flow)).toEqual(['one']);
  });

  it('is done only when a claim says so, and looks again when told', () => {
    const done = run({ type: 'claimed', claim: claim(null) });
    expect(done).toMatchObject({ phase: 'done', withOthers: 7 });
    expect(reduceFlow(done, { type: 'lookAgain' })).toEqual({ phase: 'between' });
  });

  it('never replaces a task that is being answered', () => {
    const flow = run(...answeringOne, { type: 'claimed', claim: claim('three') });
    expect(shownTask(flow)?.leaseId).toBe('one');
  });

  it('counts an answer once, however often it is reported', () => {
    const flow = run(
      ...answeringOne,
      { type: 'answered', leaseId: 'one' },
      { type: 'answered', leaseId: 'one' },
    );
    expect(shownTask(flow)?.leaseId).toBe('two');
  });

  it('keeps the work behind an earlier answer that is opened', () => {
    const opened = { task: task('zero'), answer: null, revision: 1, editableUntil: null };
    const open = run({ type: 'claimed', claim: claim('one') }, { type: 'opened', opened });
    expect(shownTask(open)?.leaseId).toBe('zero');
    const later = reduceFlow(open, { type: 'prefetched', claim: claim('two') });
    expect(heldLeases(later)).toEqual(['zero', 'one', 'two']);
    const back = reduceFlow(later, { type: 'answered', leaseId: 'zero' });
    expect(shownTask(back)?.leaseId).toBe('one');
  });

  it('keeps the work when its time is over, and drops a next task whose time is over', () => {
    const flow = run(
      ...answeringOne,
      { type: 'leaseOver', leaseId: 'one' },
      { type: 'leaseOver', leaseId: 'two' },
    );
    expect(flow).toMatchObject({ phase: 'answering', over: true, next: null });
    expect(
      reduceFlow(flow, { type: 'renewed', leaseId: 'one', expiresAt: '2031-01-01T00:00:00Z' }),
    ).toMatchObject({
      over: false,
    });
  });
});
