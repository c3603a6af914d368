import { PromotionGate, RoundReport } from '@rankloop/contracts';
import type { Prisma, PrismaClient, Round } from '@rankloop/db';
import { judgePromotion, type PromotionVerdict } from './promotion-gate.ts';

type Reader = Pick<Prisma.TransactionClient | PrismaClient, 'checkpoint' | 'project'>;

/**
 * Whether the round's new policy may be put in use, by the gate that was frozen with the round and by what its stages
 * have reported. A round without a gate always may. The policy that it began from is the one to reach; where another has
 * been put in use meanwhile, nothing says which of the two is better, and that one stays.
 */
export async function decidePromotion(
  reader: Reader,
  round: Pick<Round, 'gate' | 'summary' | 'baseCheckpointId' | 'projectId'>,
): Promise<PromotionVerdict> {
  const gate = PromotionGate.safeParse(round.gate);
  if (!gate.success) return { promote: true, reasons: [] };
  const { currentPolicyId } = await reader.project.findUniqueOrThrow({ where: { id: round.projectId } });
  if (currentPolicyId !== round.baseCheckpointId) {
    const reason =
      'The policy in use is not the one that this round began from, so nothing says which of them is better.';
    return { promote: false, reasons: [reason] };
  }
  const report = RoundReport.parse(round.summary);
  const before = await reader.checkpoint.findUnique({
    where: { id: round.baseCheckpointId },
    select: { round: { select: { summary: true } } },
  });
  const earlier = RoundReport.safeParse(before?.round?.summary);
  return judgePromotion({
    gate: gate.data,
    next: { accuracy: report.rewardAccuracy?.value, winRate: report.winRate?.value },
    current: {
      accuracy: earlier.success ? earlier.data.rewardAccuracy?.value : undefined,
      winRate: report.previousWinRate?.value,
    },
  });
}
