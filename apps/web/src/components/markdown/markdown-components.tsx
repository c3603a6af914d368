'use client';

import type { Components } from 'react-markdown';

/** What hostile text may become. */
export const markdownComponents: Components = {
  // A remote image would tell its server who reads what.
  img: ({ alt, src }) => (
    <span className="md-image">
      Image{alt ? `: ${alt}` : ''}
      {typeof src === 'string' && src !== '' ? ` (${src})` : ''}
    </span>
  ),
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" className="rl-link">
      {children}
    </a>
  ),
  // A wide table or code block scrolls by itself, also by keyboard.
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  table: ({ children }) => (
    <div className="md-table" tabIndex={0} role="region" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
  // A model's headings are not headings of this page.
  h1: ({ children }) => <p className="md-heading">{children}</p>,
  h2: ({ children }) => <p className="md-heading">{children}</p>,
  h3: ({ children }) => <p className="md-heading">{children}</p>,
  h4: ({ children }) => <p className="md-heading">{children}</p>,
  h5: ({ children }) => <p className="md-heading">{children}</p>,
  h6: ({ children }) => <p className="md-heading">{children}</p>,
};
