'use client';

import { TextInput } from '@mantine/core';
import { useState } from 'react';

interface WordListProps {
  label: string;
  most: number;
  words: readonly string[];
  onChange: (words: string[]) => void;
}

/** Words that are added one by one; a word that is already there is not added again. */
export function WordList({ label, most, words, onChange }: WordListProps) {
  const [typed, setTyped] = useState('');
  const isFull = words.length >= most;
  const add = () => {
    const word = typed.trim();
    if (word === '') return;
    if (!words.includes(word)) onChange([...words, word]);
    setTyped('');
  };
  return (
    <div className="set-words">
      {words.length > 0 && (
        <ul aria-label={label}>
          {words.map((word) => (
            <li key={word}>
              {word}
              <button
                type="button"
                aria-label={`Take out ${word}`}
                onClick={() => onChange(words.filter((other) => other !== word))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <TextInput
        label={label}
        description={
          isFull ? `These are ${most}, the most there may be.` : `Enter after each, at most ${most}.`
        }
        disabled={isFull}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        // What was typed counts also without Enter.
        onBlur={add}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          add();
        }}
      />
    </div>
  );
}
