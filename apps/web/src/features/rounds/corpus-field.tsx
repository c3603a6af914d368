import type { RoundDraft } from '@rankloop/contracts';
import { Choice } from '../../components/choice.tsx';
import { counted } from '../../lib/format.ts';
import type { StageDraft } from './round-draft.ts';

interface CorpusFieldProps {
  stage: StageDraft;
  corpora: RoundDraft['corpora'];
  problem: string | undefined;
  onChange: (stage: StageDraft) => void;
}

/** Which pretraining text a stage mixes in. A name that the project does not have stays, to be refused by name. */
export function CorpusField({ stage, corpora, problem, onChange }: CorpusFieldProps) {
  const { corpus, ...others } = stage.others;
  const chosen = typeof corpus === 'string' ? corpus : null;
  const known = corpora.map(({ name, texts }) => ({
    value: name,
    label: `${name} (${counted(texts, 'text')})`,
  }));
  const isMissing = chosen !== null && !corpora.some(({ name }) => name === chosen);
  return (
    <Choice
      label="Pretraining text"
      inputWrapperOrder={['label', 'input', 'error', 'description']}
      description="Mixed in where the pretraining mix is above 0. Add one with: npm run rankloop -- corpus add"
      placeholder={corpora.length === 0 ? 'The project has none' : 'The newest'}
      data={isMissing ? [...known, { value: chosen, label: `${chosen} (not there)` }] : known}
      value={chosen}
      error={problem}
      clearable
      onChange={(name) =>
        onChange({ ...stage, others: name === null ? others : { ...others, corpus: name } })
      }
    />
  );
}
