import { AuditAction, type AuditRow } from '@rankloop/contracts';

const WORDS: Record<AuditAction, string> = {
  'admin.created': 'First admin made',
  'auto-rounds.changed': 'Rule for automatic rounds changed',
  'checkpoint.added': 'Model added',
  'checkpoint.exported': 'Model downloaded',
  'checkpoint.promoted': 'Policy put in use',
  'checkpoint.pruned': 'Files of a checkpoint deleted',
  'corpus.added': 'Corpus added',
  'curve.cancelled': 'Learning curve stopped',
  'curve.started': 'Learning curve started',
  'import.ended': 'Import ended',
  'import.started': 'Import started',
  'invitation.accepted': 'Invitation accepted',
  'invitation.created': 'Invitation link made',
  'invitation.revoked': 'Invitation revoked',
  'labeler.excluded': 'Labeler left out of later snapshots',
  'labeler.included': 'Labeler taken into snapshots again',
  'password.changed': 'Password changed',
  'password.reset': 'Password reset',
  'person.removed': 'Person taken out of the project',
  'project.created': 'Project created',
  'project.updated': 'Settings changed',
  'reset-link.created': 'Password reset link made',
  'retention.changed': 'Which checkpoints keep their files changed',
  'role.changed': 'Role changed',
  'round.cancelled': 'Round cancelled',
  'round.retried': 'Round tried again',
  'round.started': 'Round started',
  'simulation.cancelled': 'Simulated labelers stopped',
  'simulation.started': 'Simulated labelers started',
  'snapshot.created': 'Snapshot made',
  'snapshot.exported': 'Snapshot exported',
  'token.created': 'API token made',
  'token.revoked': 'API token revoked',
  'user.disabled': 'Account disabled',
  'user.enabled': 'Account enabled',
  'user.signed-in': 'Signed in',
};

/** What was done. A name of another version of the program is shown as it is written. */
export function actionInWords(action: string): string {
  const known = AuditAction.safeParse(action);
  return known.success ? WORDS[known.data] : action;
}

/** "file name pairs.jsonl, with judgements": names and values; what is false or empty says nothing. */
export function detailInWords(detail: AuditRow['detail']): string {
  const words = Object.entries(detail).flatMap(([name, value]) => {
    if (value === null || value === '' || value === false) return [];
    const label = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    if (value === true) return [label];
    return [`${label} ${typeof value === 'string' ? value : JSON.stringify(value)}`];
  });
  return words.length === 0 ? '-' : words.join(', ');
}
