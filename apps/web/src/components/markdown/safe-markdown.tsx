'use client';

import { Component, lazy, memo, Suspense, type ReactNode } from 'react';
import Markdown from 'react-markdown';
import rehypeSanitize from 'rehype-sanitize';
import remarkGfm from 'remark-gfm';
import { markdownComponents } from './markdown-components.tsx';
import './markdown.css';

const MathMarkdown = lazy(() => import('./math-markdown.tsx'));

/** Beyond this a text is shown raw: laying it out would block the page. */
const MAX_MARKDOWN_CHARS = 100_000;
/** Dollars around something that only a formula contains, so that "$5 to $10" stays a price. */
const MATH = /\$\$[^$]+\$\$|\$[^$\n]*[\\^_=][^$\n]*\$/;

interface SafeMarkdownProps {
  text: string;
  /** Show the characters as they are. */
  raw?: boolean;
}

/** Hostile text as Markdown: no raw HTML, no remote images, formulas when there are any. */
export const SafeMarkdown = memo(function SafeMarkdown({ text, raw = false }: SafeMarkdownProps) {
  const plain = <div className="md-raw">{text}</div>;
  if (raw || text.length > MAX_MARKDOWN_CHARS) return plain;
  const withoutMath = (
    <Markdown remarkPlugins={[remarkGfm]} rehypePlugins={[rehypeSanitize]} components={markdownComponents}>
      {text}
    </Markdown>
  );
  return (
    <div className="md">
      <FallBack key={text} to={plain}>
        {MATH.test(text) ? (
          <Suspense fallback={withoutMath}>
            <MathMarkdown text={text} />
          </Suspense>
        ) : (
          withoutMath
        )}
      </FallBack>
    </div>
  );
});

/** Text nested deeper than the layout can follow is shown raw. */
class FallBack extends Component<{ to: ReactNode; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };
  static getDerivedStateFromError() {
    return { failed: true };
  }
  override render() {
    return this.state.failed ? this.props.to : this.props.children;
  }
}
