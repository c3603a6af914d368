/** What can be open beside the work. */
export type Sheet = 'guideline' | 'help' | 'outbox';
