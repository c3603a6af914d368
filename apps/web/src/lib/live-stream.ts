import { LiveEvent, LiveTopic } from '@rankloop/contracts';

const RETRY_MS = 3000;

/** What the stream says besides the events of topics. */
export type StreamNotice =
  /** A newer stream of this browser took over; this one does not come back by itself. */
  | 'replaced'
  /** The session is over. */
  | 'ended'
  /** Too much was missed: everything is read afresh. */
  | 'reset';

const NOTICES: readonly StreamNotice[] = ['replaced', 'ended', 'reset'];

export interface StreamListener {
  onEvent: (event: LiveEvent) => void;
  onNotice: (notice: StreamNotice) => void;
  /** Where the stream stands before its first event. */
  onPosition: (lastEventId: string) => void;
}

/**
 * Reads the stream until the server says that it is over; a cut line and a refusal are tried again.
 *
 * @param urlNow - asked for each new stream, because the address says where to go on
 */
export function openStream(urlNow: () => string, listener: StreamListener): void {
  const { onEvent, onNotice, onPosition } = listener;
  const source = new EventSource(urlNow());
  const onMessage = (message: MessageEvent<string>) => {
    const event = LiveEvent.safeParse(parseJson(message.data));
    if (event.success) onEvent(event.data);
  };
  source.addEventListener('message', onMessage);
  for (const topic of LiveTopic.options) source.addEventListener(topic, onMessage);
  source.addEventListener('position', ({ lastEventId }: MessageEvent<string>) => onPosition(lastEventId));
  for (const notice of NOTICES) {
    source.addEventListener(notice, () => {
      // Closed before the server hangs up, or the browser would connect again.
      if (notice !== 'reset') source.close();
      onNotice(notice);
    });
  }
  source.addEventListener('error', () => {
    // The browser reconnects by itself after a cut line, but not after a refusal (signed out, server starting).
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => openStream(urlNow, listener), RETRY_MS);
    }
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
