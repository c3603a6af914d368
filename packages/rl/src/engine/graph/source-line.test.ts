import { describe, expect, it } from 'vitest';
import { sourceLine } from './source-line.ts';

describe('the line that made an operation', () => {
  it('is found behind TF.js and the recorder where a bundle runs with source maps', () => {
    const stack = `Error: indices[1] = 7 is not in [0, 3)
    at NodeJSKernelBackend.executeSingleOutput (/root/.cache/rankloop/engine/native/node_modules/@tensorflow/tfjs-node/dist/nodejs_kernel_backend.js:208:43)
    at <anonymous> (/srv/packages/rl/src/engine/graph/backend-hooks.ts:89:15)
    at Engine.Engine.scopedRun (/srv/tfjs-core/src/engine.ts:480:19)
    at gather_ (/srv/tfjs-core/src/ops/gather.ts:62:17)
    at lookUp (/srv/packages/rl/src/losses/my-loss.ts:8:107)
    at Object.run (/srv/packages/rl/src/algorithms/train.ts:20:5)
    at BackendHooks.record (/srv/packages/rl/src/engine/graph/backend-hooks.ts:42:14)`;
    expect(sourceLine(stack)).toBe('losses/my-loss.ts:8 < algorithms/train.ts:20');
  });

  it('is found where modules are run as they stand, by their addresses', () => {
    const stack = `Error
    at file:///srv/node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js:5:1
    at file:///srv/packages/rl/src/losses/my-loss.ts:8:107`;
    expect(sourceLine(stack)).toBe('losses/my-loss.ts:8');
  });
});
