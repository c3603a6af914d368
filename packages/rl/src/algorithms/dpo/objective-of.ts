import type { DpoConfig } from '@rankloop/contracts';
import type { DpoObjective } from '../../losses/dpo-objective.ts';

/** What a run's settings minimise. */
export function objectiveOf(config: DpoConfig): DpoObjective {
  const { loss, beta, labelSmoothing, lengths, divergence, sftWeight, bcoWeight } = config;
  const beside = [
    { loss: 'sft', weight: sftWeight },
    { loss: 'bco-pair', weight: bcoWeight },
  ] as const;
  return {
    // cDPO is the sigmoid with a share of wrong preferences (Mitchell 2023).
    loss: loss === 'cdpo' ? 'sigmoid' : loss,
    beta,
    labelSmoothing,
    divergence,
    added: beside.filter(({ weight }) => weight > 0),
    ...(lengths !== 'usual' && { lengths }),
  };
}
