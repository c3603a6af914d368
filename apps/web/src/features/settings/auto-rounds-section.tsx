'use client';

import { Alert, Button, Checkbox, NumberInput, Text, TextInput, Title } from '@mantine/core';
import {
  autoRoundRoutes,
  AutoRoundSettings,
  type AutoRoundState,
  AutoRoundTrigger,
} from '@rankloop/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Choice } from '../../components/choice.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { FormError } from '../account/form-error.tsx';
import { autoRoundsDraftOf, settingsOf, WHEN_WORDS, type AutoRoundsDraft } from './auto-rounds-draft.ts';
import { statusInWords } from './auto-rounds-status.ts';

/** When the project starts rounds by itself, and what a new policy has to reach. */
export function AutoRoundsSection({ projectId }: { projectId: string }) {
  const key = ['auto-rounds', projectId];
  const state = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => call(autoRoundRoutes.getAutoRounds, { params: { projectId } }, { signal }),
    refetchOnWindowFocus: false,
  });
  return (
    <section className="rl-section" aria-labelledby="auto-rounds">
      <Title order={2} size="h4" id="auto-rounds">
        Rounds by themselves
      </Title>
      <QueryState query={state} lines={4}>
        {(data) => <Rule key={JSON.stringify(data.settings)} projectId={projectId} state={data} />}
      </QueryState>
    </section>
  );
}

const ORDER: ('label' | 'input' | 'error' | 'description')[] = ['label', 'input', 'error', 'description'];
const DEFAULTS = 'defaults';

function Rule({ projectId, state }: { projectId: string; state: AutoRoundState }) {
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState(() => autoRoundsDraftOf(state.settings));
  const change = (next: Partial<AutoRoundsDraft>) => setDraft({ ...draft, ...next });
  const checked = AutoRoundSettings.safeParse(settingsOf(draft));
  const isChanged = JSON.stringify(settingsOf(draft)) !== JSON.stringify(state.settings);
  const save = useMutation({
    mutationFn: (body: AutoRoundSettings) =>
      call(autoRoundRoutes.updateAutoRounds, { params: { projectId }, body }),
    onSuccess: (saved) => queryClient.setQueryData(['auto-rounds', projectId], saved),
  });
  const problem = (part: string) =>
    checked.error?.issues.some(({ path }) => path.at(-1) === part) === true ? LIMITS[part] : undefined;
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        {statusInWords(state, new Date())}
      </Text>
      {state.warning !== null && (
        <Alert color="orange" variant="outline" mb="sm">
          {state.warning}
        </Alert>
      )}
      <div className="set-fields">
        <Choice
          label="A round starts"
          data={AutoRoundTrigger.options.map(({ shape }) => ({
            value: shape.when.value,
            label: WHEN_WORDS[shape.when.value],
          }))}
          value={draft.when}
          onChange={(value) => {
            const when = AutoRoundTrigger.options.find(({ shape }) => shape.when.value === value)?.shape.when
              .value;
            if (when !== undefined) change({ when });
          }}
        />
        <TriggerField draft={draft} problem={problem} onChange={change} />
        {draft.when !== 'never' && (
          <Choice
            label="With the stages and settings of"
            data={[
              { value: DEFAULTS, label: 'the project’s defaults' },
              ...state.rounds.map(({ id, number, recipe }) => ({
                value: id,
                label: `round ${number} (${recipe})`,
              })),
            ]}
            value={draft.likeRoundId ?? DEFAULTS}
            onChange={(value) => change({ likeRoundId: value === DEFAULTS ? null : value })}
          />
        )}
      </div>
      <Text size="sm" mt="md" mb="xs">
        The new policy is put in use only when it is not worse than the one in use by more than these margins.
        Else the round ends with the reason, draws no new tasks, and its policy can be put in use by hand.
      </Text>
      <div className="set-fields">
        <NumberInput
          label="Margin of held-out accuracy, points"
          inputWrapperOrder={ORDER}
          description="Of the reward model. 2: 68 % passes where the last had 70 %."
          min={0}
          max={100}
          value={draft.accuracyPoints}
          error={problem('accuracyMargin')}
          onChange={(accuracyPoints) => change({ accuracyPoints })}
        />
        <NumberInput
          label="Margin of the win rate, points"
          inputWrapperOrder={ORDER}
          description="Over the base, on the same prompts."
          min={0}
          max={100}
          value={draft.winRatePoints}
          error={problem('winRateMargin')}
          onChange={(winRatePoints) => change({ winRatePoints })}
        />
        <Checkbox
          label="Rounds that a person starts too"
          description="Else their policy is always put in use."
          checked={draft.gateByHand}
          onChange={(event) => change({ gateByHand: event.currentTarget.checked })}
        />
      </div>
      <Button
        variant="default"
        mt="md"
        loading={save.isPending}
        disabled={!isChanged || !checked.success}
        onClick={() => checked.success && save.mutate(checked.data)}
      >
        Set this rule
      </Button>
      <FormError error={save.error} />
    </>
  );
}

const LIMITS: Readonly<Record<string, string>> = {
  count: 'Give a whole number from 1 to 1,000,000',
  hours: 'Give a whole number from 1 to 2,160',
  at: 'Give a time of day such as 03:30',
  accuracyMargin: 'Give points from 0 to 100',
  winRateMargin: 'Give points from 0 to 100',
};

interface TriggerFieldProps {
  draft: AutoRoundsDraft;
  problem: (part: string) => string | undefined;
  onChange: (next: Partial<AutoRoundsDraft>) => void;
}

function TriggerField({ draft, problem, onChange }: TriggerFieldProps) {
  switch (draft.when) {
    case 'judgements':
      return (
        <NumberInput
          label="New judgements"
          inputWrapperOrder={ORDER}
          description="Since the snapshot of the last round."
          min={1}
          max={1_000_000}
          allowDecimal={false}
          value={draft.count}
          error={problem('count')}
          onChange={(count) => onChange({ count })}
        />
      );
    case 'hours':
      return (
        <NumberInput
          label="Hours"
          inputWrapperOrder={ORDER}
          description="After the last round; only when something new was judged."
          min={1}
          max={2160}
          allowDecimal={false}
          value={draft.hours}
          error={problem('hours')}
          onChange={(hours) => onChange({ hours })}
        />
      );
    case 'daily':
      return (
        <TextInput
          label="Time of day, UTC"
          inputWrapperOrder={ORDER}
          description="HH:MM; only when something new was judged."
          value={draft.at}
          error={problem('at')}
          onChange={(event) => onChange({ at: event.currentTarget.value })}
        />
      );
    case 'never':
      return null;
  }
}
