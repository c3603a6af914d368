'use client';

import 'katex/dist/katex.min.css';
import Markdown from 'react-markdown';
import rehypeKatex from 'rehype-katex';
import rehypeSanitize, { defaultSchema } from 'rehype-sanitize';
import remarkGfm from 'remark-gfm';
import remarkMath from 'remark-math';
import { markdownComponents } from './markdown-components.tsx';

/** Lets the marks that remark-math leaves through; KaTeX then works on text that is already clean. */
const schema = {
  ...defaultSchema,
  attributes: {
    ...defaultSchema.attributes,
    code: [['className', /^language-./, 'math-inline', 'math-display'] as const],
  },
};

export default function MathMarkdown({ text }: { text: string }) {
  return (
    <Markdown
      remarkPlugins={[remarkGfm, remarkMath]}
      rehypePlugins={[
        [rehypeSanitize, schema],
        [rehypeKatex, { trust: false, strict: 'ignore', maxExpand: 200, maxSize: 20 }],
      ]}
      components={markdownComponents}
    >
      {text}
    </Markdown>
  );
}
