'use client';

import { Button, NumberInput, Radio, Stack, Textarea, TextInput } from '@mantine/core';
import { CreateProjectBody, FORM_PRESETS, FormKind } from '@rankloop/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState, type SyntheticEvent } from 'react';
import { PlainShell } from '../../components/app-shell.tsx';
import { Page } from '../../components/page.tsx';
import { SignedIn } from '../../components/project-gate.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { projectStart, queryKeys } from '../../lib/session.ts';

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
  const body = CreateProjectBody.safeParse({ name, description, overlap, form: FORM_PRESETS[kind].spec });
  const create = useMutation({
    mutationFn: (made: CreateProjectBody) => call('createProject', { body: made }),
    onSuccess: async (project) => {
      // The new project's page looks for it among the reader's own.
      await queryClient.invalidateQueries({ queryKey: queryKeys.me });
      router.push(projectStart(project.slug, project.role));
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (body.success) create.mutate(body.data);
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={560} align="stretch">
        <TextInput
          label="Name"
          required
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label="Description"
          autosize
          minRows={2}
          maxLength={2000}
          value={description}
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
          description="How many people judge the same outputs."
          min={1}
          max={50}
          allowDecimal={false}
          value={overlap}
          onChange={setOverlap}
        />
        {create.isError && <ErrorState error={create.error} safe="Nothing was made." />}
        <Button
          type="submit"
          disabled={!body.success}
          loading={create.isPending}
          style={{ alignSelf: 'start' }}
        >
          Make project
        </Button>
      </Stack>
    </form>
  );
}
