'use client';

export function LabelPage() {
  return <main id="content" />;
}
