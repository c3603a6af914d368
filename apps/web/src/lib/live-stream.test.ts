import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openStream } from './live-stream.ts';

/** The browser's part, which Node 20 lacks: what it was asked, and what the server says. */
class FakeEventSource extends EventTarget {
  static readonly CLOSED = 2;
  static opened: FakeEventSource[] = [];
  readyState = 1;
  readonly url: string;

  constructor(url: string) {
    super();
    this.url = url;
    FakeEventSource.opened.push(this);
  }

  close(): void {
    this.readyState = FakeEventSource.CLOSED;
  }

  /** The line is cut: a browser that was not told to close connects again. */
  hangUp(): void {
    if (this.readyState === FakeEventSource.CLOSED) return;
    this.readyState = 0;
    this.dispatchEvent(new Event('error'));
  }

  refuse(): void {
    this.readyState = FakeEventSource.CLOSED;
    this.dispatchEvent(new Event('error'));
  }
}

let events: string[];
let notices: string[];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', FakeEventSource);
  FakeEventSource.opened = [];
  [events, notices] = [[], []];
  let position = 'the beginning';
  openStream(() => `/live?after=${position}`, {
    onEvent: (event) => events.push(event.topic),
    onNotice: (notice) => notices.push(notice),
    onPosition: (lastEventId) => (position = lastEventId),
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function theOnlyStream(): FakeEventSource {
  vi.runAllTimers();
  expect(FakeEventSource.opened).toHaveLength(1);
  const [source] = FakeEventSource.opened;
  if (!source) throw new Error('no stream was opened');
  return source;
}

it.each(['replaced', 'ended'])('a stream that is told "%s" says so and never connects again', (notice) => {
  const source = theOnlyStream();
  source.dispatchEvent(new MessageEvent(notice, { data: '{}' }));
  source.hangUp();
  expect(theOnlyStream().readyState).toBe(FakeEventSource.CLOSED);
  expect(notices).toEqual([notice]);
});

it('"reset" is told to the page and the stream stays open', () => {
  theOnlyStream().dispatchEvent(new MessageEvent('reset', { data: '{}' }));
  expect(notices).toEqual(['reset']);
  expect(theOnlyStream().readyState).toBe(1);
});

it('a stream that is opened again after a refusal asks for what came since, not from the beginning', () => {
  const source = theOnlyStream();
  source.dispatchEvent(new MessageEvent('position', { data: '{}', lastEventId: '7' }));
  source.refuse();
  vi.runAllTimers();
  expect(FakeEventSource.opened.map(({ url }) => url)).toEqual([
    '/live?after=the beginning',
    '/live?after=7',
  ]);
});

it('a refused stream is opened again, and text that is no event is not told', () => {
  const source = theOnlyStream();
  source.dispatchEvent(new MessageEvent('message', { data: 'nonsense' }));
  source.refuse();
  vi.runAllTimers();
  expect(FakeEventSource.opened).toHaveLength(2);
  expect([events, notices]).toEqual([[], []]);
});
