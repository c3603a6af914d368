'use client';

import type { LeasedTask } from '@rankloop/contracts';
import { useState } from 'react';
import { SafeMarkdown } from '../../../components/markdown/safe-markdown.tsx';
import { ROLE_NAMES } from '../../../lib/message-roles.ts';

/** The prompt or conversation. It stays while outputs scroll; on a phone it folds to two lines. */
export function PromptPane({ task, raw }: { task: LeasedTask; raw: boolean }) {
  const [unfolded, setUnfolded] = useState(false);
  const { conversation } = task;
  const single = conversation.length === 1;
  return (
    <section
      className="lab-prompt"
      aria-label="Prompt"
      data-unfolded={unfolded ? '' : undefined}
      tabIndex={0}
    >
      <h2 className="lab-label">{single ? 'Prompt' : 'Conversation'}</h2>
      <div className="lab-prompt-text">
        {conversation.map((message, i) => (
          <div key={i} className="lab-turn" data-role={message.role}>
            {!single && <span className="lab-label">{ROLE_NAMES[message.role]}</span>}
            <SafeMarkdown text={message.content} raw={raw} />
          </div>
        ))}
      </div>
      <button
        type="button"
        className="lab-link lab-prompt-more"
        aria-expanded={unfolded}
        onClick={() => setUnfolded((now) => !now)}
      >
        {unfolded ? 'Fold the prompt' : 'Show the whole prompt'}
      </button>
    </section>
  );
}
