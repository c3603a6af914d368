// Learning-rate schedules: the factor of the base rate at a step, counted from 0.

export type ScheduleName = 'constant' | 'linear' | 'cosine';

export interface Schedule {
  readonly name: ScheduleName;
  readonly totalSteps: number;
  /** Steps over which the rate rises linearly from 0. */
  readonly warmupSteps?: number;
}

/**
 * Equal to the schedules of Hugging Face `get_scheduler`: step 0 of a warm-up has rate 0, and the last step of a
 * decay does not yet reach 0.
 */
export function learningRateFactor(schedule: Schedule, step: number): number {
  const warmup = schedule.warmupSteps ?? 0;
  if (step < warmup) return step / Math.max(1, warmup);
  const progress = Math.min(1, (step - warmup) / Math.max(1, schedule.totalSteps - warmup));
  switch (schedule.name) {
    case 'constant':
      return 1;
    case 'linear':
      return 1 - progress;
    case 'cosine':
      return 0.5 * (1 + Math.cos(Math.PI * progress));
  }
}
