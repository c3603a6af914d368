import type { FormSpec, Project, RouteInput } from '@rankloop/contracts';

const MINUTE = 60_000;

/** The settings page's fields: times in minutes, as people say them. */
export interface SettingsDraft {
  name: string;
  description: string;
  overlap: number | string;
  leaseMinutes: number | string;
  editMinutes: number | string;
  dailyGoal: number | string;
  form: FormSpec;
  guideline: string;
}

export function draftOf(project: Project): SettingsDraft {
  return {
    name: project.name,
    description: project.description,
    overlap: project.overlap,
    leaseMinutes: project.leaseTtlMs / MINUTE,
    editMinutes: project.editWindowMs / MINUTE,
    dailyGoal: project.dailyGoal ?? '',
    form: project.form,
    guideline: project.guideline,
  };
}

type Changes = RouteInput<'updateProject'>['body'];

/** What differs from the project as it is: only that is sent, so that a form or guideline gets no needless version. */
export function changesOf(project: Project, draft: SettingsDraft): Changes {
  const before = draftOf(project);
  const number = (value: number | string, otherwise: number) =>
    typeof value === 'number' ? value : otherwise;
  return {
    ...(draft.name !== before.name && { name: draft.name }),
    ...(draft.description !== before.description && { description: draft.description }),
    ...(draft.overlap !== before.overlap && { overlap: number(draft.overlap, project.overlap) }),
    ...(draft.leaseMinutes !== before.leaseMinutes && {
      leaseTtlMs: Math.round(number(draft.leaseMinutes, project.leaseTtlMs / MINUTE) * MINUTE),
    }),
    ...(draft.editMinutes !== before.editMinutes && {
      editWindowMs: Math.round(number(draft.editMinutes, project.editWindowMs / MINUTE) * MINUTE),
    }),
    ...(draft.dailyGoal !== before.dailyGoal && {
      dailyGoal: typeof draft.dailyGoal === 'number' ? draft.dailyGoal : null,
    }),
    ...(draft.guideline !== before.guideline && { guideline: draft.guideline }),
    ...(!sameForm(draft.form, before.form) && { form: draft.form }),
  };
}

function sameForm(a: FormSpec, b: FormSpec): boolean {
  const parts = (form: FormSpec) => JSON.stringify(Object.entries(form).sort(([x], [y]) => (x < y ? -1 : 1)));
  return parts(a) === parts(b);
}
