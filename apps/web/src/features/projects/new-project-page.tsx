'use client';

import { Button, NumberInput, Radio, Stack, Textarea, TextInput } from '@mantine/core';
import { CreateProjectBody, FORM_PRESETS, FormKind, projectRoutes } from '@rankloop/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState, type SyntheticEvent } from 'react';
import { PlainShell } from '../../components/app-shell.tsx';
import { Page } from '../../components/page.tsx';
import { SignedIn } from '../../components/project-gate.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { projectStart, queryKeys } from '../../lib/session.ts';
import { fieldError } from '../account/form-error.tsx';

export function NewProjectPage() {
  return (
    <SignedIn>
      {(me) => (
        <PlainShell me={me}>
          <Page title="New project">
            {me.siteAdmin ? (
              <NewProjectForm />
            ) : (
              <EmptyState title="Only a site admin makes projects">
                Ask the person who runs this installation.
              </EmptyState>
            )}
          </Page>
        </PlainShell>
      )}
    </SignedIn>
  );
}

function NewProjectForm() {
  const router = useRouter();
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [kind, setKind] = useState<FormKind>('ranking');
  const [overlap, setOverlap] = useState<number | string>(1);
  const [tried, setTried] = useState(false);
  const body = CreateProjectBody.safeParse({ name, description, overlap, form: FORM_PRESETS[kind].spec });
  const mistakes = mistakesIn(body);
  const create = useMutation({
    mutationFn: (made: CreateProjectBody) => call(projectRoutes.createProject, { body: made }),
    onSuccess: async (project) => {
      // The new project's page looks for it among the reader's own.
      await queryClient.invalidateQueries({ queryKey: queryKeys.me });
      router.push(projectStart(project.slug, project.role));
    },
  });
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    setTried(true);
    if (body.success) {
      create.mutate(body.data);
      return;
    }
    const { elements } = event.currentTarget;
    const first = FIELDS.map((field) => mistakes[field] && elements.namedItem(field)).find(Boolean);
    if (first instanceof HTMLElement) first.focus();
  };
  const errorOf = (field: Field) => (tried && mistakes[field]) || fieldError(create.error, `/${field}`);
  return (
    <form onSubmit={submit} noValidate>
      <Stack maw={560} align="stretch">
        <TextInput
          label="Name"
          name="name"
          required
          maxLength={100}
          value={name}
          error={errorOf('name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label="Description"
          name="description"
          autosize
          minRows={2}
          maxLength={2000}
          value={description}
          error={errorOf('description')}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <Radio.Group
          label="What people do"
          description="The settings change every part later."
          value={kind}
          onChange={(value) => setKind(FormKind.parse(value))}
        >
          <Stack gap="xs" mt="xs">
            {FormKind.options.map((option) => (
              <Radio
                key={option}
                value={option}
                label={FORM_PRESETS[option].label}
                description={FORM_PRESETS[option].help}
              />
            ))}
          </Stack>
        </Radio.Group>
        <NumberInput
          label="Answers wanted per task"
          name="overlap"
          description="How many people judge the same outputs."
          min={1}
          max={50}
          clampBehavior="none"
          allowDecimal={false}
          value={overlap}
          error={errorOf('overlap')}
          onChange={setOverlap}
        />
        {create.isError && <ErrorState error={create.error} safe="Nothing was made." />}
        <Button type="submit" loading={create.isPending} style={{ alignSelf: 'start' }}>
          Make project
        </Button>
      </Stack>
    </form>
  );
}

const FIELDS = ['name', 'description', 'overlap'] as const;
type Field = (typeof FIELDS)[number];

const MISTAKES: Record<Field, string> = {
  name: 'Give the project a name, of at most 100 characters.',
  description: 'At most 2000 characters.',
  overlap: 'Give a whole number from 1 to 50.',
};

/** What to mend in each field. */
function mistakesIn(body: ReturnType<typeof CreateProjectBody.safeParse>): Partial<Record<Field, string>> {
  const paths = new Set(body.error?.issues.map((issue) => issue.path[0]));
  return Object.fromEntries(
    FIELDS.filter((field) => paths.has(field)).map((field) => [field, MISTAKES[field]]),
  );
}
