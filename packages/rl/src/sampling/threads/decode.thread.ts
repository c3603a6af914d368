// The entry of a thread that decodes, run from source.

import { runDecodeThread } from './run-decode-thread.ts';

runDecodeThread();
