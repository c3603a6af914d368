import { AppError } from '@rankloop/contracts';
import type { Db, Snapshot } from '@rankloop/db';
import { getForm } from '../labeling/form-cache.ts';
import { preferencesOf, type Preferences } from '../snapshots/preferences-of.ts';
import { readSnapshot, type SnapshotLine } from '../snapshots/read-snapshot.ts';
import { renderPrompt } from '../snapshots/render-prompt.ts';

/** A line of a snapshot with what the flat formats need. */
export interface ExportLine extends SnapshotLine {
  promptText: string;
  preferences: Preferences;
  /** Thumbs given to single outputs. */
  thumbs: { outputId: string; isUp: boolean }[];
}

/** @throws AppError `not_found` */
export async function getSnapshotRow(
  db: Pick<Db, 'prisma'>,
  projectId: string,
  snapshotId: string,
): Promise<Snapshot> {
  const snapshot = await db.prisma.snapshot.findFirst({ where: { id: snapshotId, projectId } });
  if (!snapshot) throw new AppError('not_found', { detail: 'There is no such snapshot in this project' });
  return snapshot;
}

/** The lines of a snapshot in order, with bounded memory. @throws SnapshotChangedError */
export async function* readExportLines(db: Db, snapshot: Snapshot): AsyncGenerator<ExportLine> {
  for await (const line of readSnapshot(db.prisma, snapshot)) {
    const form = await getForm(db.pool, line.formVersionId);
    const dimensions = (form.ratings?.dimensions ?? []).filter((dimension) => dimension.scale === 'thumbs');
    // Where several dimensions are thumbs, the overall one speaks for the output.
    const dimension = dimensions.find(({ id }) => id === 'overall') ?? dimensions[0];
    const thumbs = line.completionIds.flatMap((outputId) => {
      const score = dimension && line.scores?.[outputId]?.[dimension.id];
      return score === undefined || line.outcome !== 'ok' ? [] : [{ outputId, isUp: score === 1 }];
    });
    yield {
      ...line,
      promptText: renderPrompt(line.conversation),
      preferences: preferencesOf(line, line.completionIds),
      thumbs,
    };
  }
}
