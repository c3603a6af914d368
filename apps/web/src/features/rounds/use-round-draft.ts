'use client';

import { explainRoundIssues, RoundConfig, type RoundProblem } from '@rankloop/contracts';
import { useMemo, useState } from 'react';
import { configOf, draftOf, type RoundDraft } from './round-draft.ts';
import { readRoundYaml, toYaml, type LinedProblem } from './round-yaml.ts';

export interface RoundEditing {
  draft: RoundDraft;
  /** The whole round that the draft began as. */
  begunAs: RoundConfig;
  /** The same as one document; as typed while somebody types it. */
  text: string;
  /** What would be started; null while something is wrong. */
  config: RoundConfig | null;
  problems: readonly RoundProblem[];
  /** Of the document; empty unless it is being typed and wrong. */
  textProblems: readonly LinedProblem[];
  setDraft: (draft: RoundDraft) => void;
  setText: (text: string) => void;
  /** Begins anew from a whole round. */
  load: (config: RoundConfig) => void;
}

/** A round as form and as document: what is changed in one is in the other, as soon as it can be read. */
export function useRoundDraft(start: RoundConfig): RoundEditing {
  const [begunAs, setBegunAs] = useState(start);
  const [draft, setDraft] = useState(() => draftOf(start));
  const [typed, setTyped] = useState<string | null>(null);
  const read = useMemo(() => (typed === null ? null : readRoundYaml(typed)), [typed]);
  const value = useMemo(() => configOf(draft), [draft]);
  const checked = useMemo(() => RoundConfig.safeParse(value), [value]);
  const problems = read?.problems ?? (checked.success ? [] : explainRoundIssues(value, checked.error));
  return {
    draft,
    begunAs,
    text: typed ?? toYaml(value),
    config: read === null ? (checked.success ? checked.data : null) : read.config,
    problems,
    textProblems: read?.problems ?? [],
    setDraft(next) {
      setDraft(next);
      setTyped(null);
    },
    setText(text) {
      setTyped(text);
      const { config } = readRoundYaml(text);
      if (config) setDraft(draftOf(config));
    },
    load(config) {
      setBegunAs(config);
      setDraft(draftOf(config));
      setTyped(null);
    },
  };
}
