import { AppError } from '@rankloop/contracts';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // No buffering and no compression on the way: each event is due when it happens.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
  connection: 'keep-alive',
};

export function registerLive(mount: Mount, { live }: FeatureDeps): void {
  mount('liveEvents', async ({ principal, query, request, reply }) => {
    if (principal.via.kind !== 'session') throw new AppError('token_scope');
    const { sessionId } = principal.via;
    reply.hijack();
    const output = reply.raw;
    output.writeHead(200, STREAM_HEADERS);
    output.write('retry: 2000\n\n');
    // A browser that connects again by itself asks the same address: its header is the newer of the two.
    const lastEventId = request.headers['last-event-id']?.toString() ?? query.after;
    const options = { output, sessionId, lastEventId };
    try {
      if (!(await live.open(options))) output.end('event: ended\ndata: {}\n\n');
    } catch (error) {
      // The head is sent: all that is left is to hang up, and the browser comes back.
      request.log.error({ err: error }, 'the event stream could not be opened');
      output.destroy();
    }
    return 'hijacked';
  });
}
