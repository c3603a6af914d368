'use client';

import { explainRoundIssues, RoundConfig, type RoundProblem } from '@rankloop/contracts';
import { useMemo, useState } from 'react';
import { configOf, draftOf, type RoundDraft } from './round-draft.ts';
// Only its types: what reads and writes YAML is large, and comes with the editor.
import type { CheckedText, LinedProblem } from './round-yaml.ts';

export interface RoundEditing {
  draft: RoundDraft;
  /** The whole round that the draft began as. */
  begunAs: RoundConfig;
  /** What the draft says, whether or not it is a round; a document begins as this. */
  value: unknown;
  /** The document as somebody types it; null: it follows the draft. */
  typed: string | null;
  /** What would be started; null while something is wrong. */
  config: RoundConfig | null;
  problems: readonly RoundProblem[];
  /** Of the document; empty unless it is being typed and wrong. */
  textProblems: readonly LinedProblem[];
  setDraft: (draft: RoundDraft) => void;
  /** A document, and what was read in it. */
  setText: (text: string, read: CheckedText) => void;
  /** Begins anew from a whole round. */
  load: (config: RoundConfig) => void;
}

/** A round as form and as document: what is changed in one is in the other, as soon as it can be read. */
export function useRoundDraft(start: RoundConfig): RoundEditing {
  const [begunAs, setBegunAs] = useState(start);
  const [draft, setDraft] = useState(() => draftOf(start));
  const [typed, setTyped] = useState<{ text: string; read: CheckedText } | null>(null);
  const value = useMemo(() => configOf(draft), [draft]);
  const checked = useMemo(() => RoundConfig.safeParse(value), [value]);
  const drafted = checked.success ? checked.data : null;
  const problems = typed?.read.problems ?? (checked.success ? [] : explainRoundIssues(value, checked.error));
  return {
    draft,
    begunAs,
    value,
    typed: typed?.text ?? null,
    config: typed === null ? drafted : typed.read.config,
    problems,
    textProblems: typed?.read.problems ?? [],
    setDraft(next) {
      setDraft(next);
      setTyped(null);
    },
    setText(text, read) {
      setTyped({ text, read });
      if (read.config) setDraft(draftOf(read.config));
    },
    load(config) {
      setBegunAs(config);
      setDraft(draftOf(config));
      setTyped(null);
    },
  };
}
