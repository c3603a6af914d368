import type { RoundState } from '@rankloop/contracts';

/** Word, sign and tone of each state: the sign tells them apart without colour. */
const STATES: Record<RoundState, { word: string; sign: string; tone: 'plain' | 'busy' | 'good' | 'bad' }> = {
  queued: { word: 'queued', sign: '○', tone: 'plain' },
  running: { word: 'running', sign: '▶', tone: 'busy' },
  cancelling: { word: 'stopping', sign: '◐', tone: 'plain' },
  cancelled: { word: 'cancelled', sign: '□', tone: 'plain' },
  succeeded: { word: 'succeeded', sign: '✓', tone: 'good' },
  failed: { word: 'failed', sign: '▲', tone: 'bad' },
  diverged: { word: 'diverged', sign: '▲', tone: 'bad' },
};

const TONES = {
  plain: 'var(--rl-muted)',
  busy: 'var(--rl-accent-text)',
  good: 'var(--rl-accent-text)',
  bad: 'var(--rl-worse)',
};

export function RoundStateText({ state }: { state: RoundState }) {
  const { word, sign, tone } = STATES[state];
  return (
    <span style={{ color: TONES[tone], whiteSpace: 'nowrap' }}>
      <span aria-hidden>{sign}</span> {word}
    </span>
  );
}

export function stateWord(state: RoundState): string {
  return STATES[state].word;
}

export function isActive(state: RoundState): boolean {
  return state === 'queued' || state === 'running' || state === 'cancelling';
}
