'use client';

import { type Project, projectRoutes } from '@rankloop/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Page } from '../../components/page.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { counted } from '../../lib/format.ts';
import { queryKeys, useProject } from '../../lib/session.ts';
import { FormError } from '../account/form-error.tsx';
import { AutoRoundsSection } from './auto-rounds-section.tsx';
import { FormBuilder } from './form-builder.tsx';
import { GeneralFields } from './general-fields.tsx';
import { GuidelineEditor } from './guideline-editor.tsx';
import { changesOf, draftOf } from './settings-draft.ts';
import './settings.css';
import { Button, Text, Title } from '@mantine/core';

export function SettingsPage() {
  const project = useProject();
  return (
    <Page title="Settings">
      <QueryState query={project} lines={10}>
        {/* A saved project begins a new draft. */}
        {(data) => (
          <Settings key={`${data.id} ${data.formVersion} ${data.guidelineVersion}`} project={data} />
        )}
      </QueryState>
    </Page>
  );
}

function Settings({ project }: { project: Project }) {
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(project));
  const changes = changesOf(project, draft);
  const count = Object.keys(changes).length;
  const save = useMutation({
    mutationFn: () => call(projectRoutes.updateProject, { params: { projectId: project.id }, body: changes }),
    onSuccess: (saved) => {
      queryClient.setQueryData(queryKeys.project(project.id), saved);
      setDraft(draftOf(saved));
      // The name stands in the bar as well.
      void queryClient.invalidateQueries({ queryKey: queryKeys.me });
    },
  });
  return (
    <>
      <GeneralFields draft={draft} onChange={setDraft} error={save.error} />
      <section className="rl-section" aria-labelledby="form">
        <Title order={2} size="h4" id="form">
          What a task asks for
        </Title>
        <Text size="sm" c="dimmed" mb="sm">
          Version {project.formVersion}. A change becomes a new version; answers keep the one that they were
          given under, and new tasks use the new one.
        </Text>
        <FormBuilder form={draft.form} onChange={(form) => setDraft({ ...draft, form })} />
      </section>
      <section className="rl-section" aria-labelledby="guideline">
        <Title order={2} size="h4" id="guideline">
          Guideline
        </Title>
        <GuidelineEditor text={draft.guideline} onChange={(guideline) => setDraft({ ...draft, guideline })} />
      </section>
      <div className="rl-panel set-save">
        <Text size="sm" role="status">
          {count > 0
            ? `${counted(count, 'change')} not saved.`
            : save.isSuccess
              ? 'Saved.'
              : 'Nothing changed.'}
        </Text>
        <Button loading={save.isPending} disabled={count === 0} onClick={() => save.mutate()}>
          Save
        </Button>
        {save.error !== null && (
          <div style={{ flexBasis: '100%' }}>
            <FormError error={save.error} />
          </div>
        )}
      </div>
      <AutoRoundsSection projectId={project.id} />
    </>
  );
}
