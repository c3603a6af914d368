import type { Flow, StationName } from './loop-stations.ts';

export interface Layout {
  width: number;
  height: number;
  box: { width: number; height: number };
  centers: Record<StationName, readonly [number, number]>;
  arrows: readonly { flow: Flow; path: string }[];
}

/** Prompts come in at the top; the other four go round. */
export const LAYOUTS: Record<'wide' | 'narrow', Layout> = {
  wide: {
    width: 720,
    height: 472,
    box: { width: 216, height: 104 },
    centers: {
      prompts: [360, 60],
      outputs: [604, 204],
      judgements: [504, 412],
      reward: [216, 412],
      policy: [116, 204],
    },
    arrows: [
      { flow: 'prompts-outputs', path: 'M470 62C548 66 588 96 600 148' },
      { flow: 'outputs-judgements', path: 'M612 258C610 306 590 334 564 356' },
      { flow: 'judgements-reward', path: 'M394 424C376 430 348 430 328 425' },
      { flow: 'reward-policy', path: 'M150 358C124 334 110 306 109 260' },
      { flow: 'policy-outputs', path: 'M226 200C300 168 416 168 492 198' },
    ],
  },
  narrow: {
    width: 336,
    height: 424,
    box: { width: 158, height: 104 },
    centers: {
      prompts: [168, 54],
      outputs: [256, 212],
      judgements: [256, 370],
      reward: [80, 370],
      policy: [80, 212],
    },
    arrows: [
      { flow: 'prompts-outputs', path: 'M200 108C216 126 232 134 246 156' },
      { flow: 'outputs-judgements', path: 'M262 266C266 282 266 298 262 314' },
      { flow: 'judgements-reward', path: 'M176 378C172 380 168 380 163 378' },
      { flow: 'reward-policy', path: 'M74 316C70 300 70 284 74 268' },
      { flow: 'policy-outputs', path: 'M160 206C164 204 168 204 174 206' },
    ],
  },
};
