// The entry of a thread that decodes, in the bundle: the learning part looks for it beside the training process.

import { runDecodeThread } from '@rankloop/rl';

runDecodeThread();
