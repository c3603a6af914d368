import type { Flow, StationName } from './loop-stations.ts';

export interface Layout {
  width: number;
  height: number;
  box: { width: number; height: number };
  /** The number's unit stands below it, and the note says no more than it must. */
  isStacked: boolean;
  centers: Record<StationName, readonly [number, number]>;
  arrows: readonly { flow: Flow; path: string }[];
}

/** Prompts come in at the top; the other four go round. */
export const LAYOUTS: Record<'wide' | 'narrow', Layout> = {
  wide: {
    width: 720,
    height: 472,
    box: { width: 216, height: 104 },
    isStacked: false,
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
    height: 456,
    box: { width: 158, height: 120 },
    isStacked: true,
    centers: {
      prompts: [168, 62],
      outputs: [256, 228],
      judgements: [256, 394],
      reward: [80, 394],
      policy: [80, 228],
    },
    arrows: [
      { flow: 'prompts-outputs', path: 'M200 124C216 140 232 146 246 164' },
      { flow: 'outputs-judgements', path: 'M262 290C266 304 266 316 262 330' },
      { flow: 'judgements-reward', path: 'M176 404C172 406 168 406 163 404' },
      { flow: 'reward-policy', path: 'M74 332C70 318 70 306 74 292' },
      { flow: 'policy-outputs', path: 'M160 222C164 220 168 220 174 222' },
    ],
  },
};
