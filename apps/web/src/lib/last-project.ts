const KEY = 'rankloop-last-project';

/** The project that was open last in this browser, if it is still one of these. */
export function lastProject(slugs: readonly string[]): string | undefined {
  const slug = typeof localStorage === 'undefined' ? null : localStorage.getItem(KEY);
  return slugs.find((candidate) => candidate === slug);
}

export function rememberProject(slug: string): void {
  localStorage.setItem(KEY, slug);
}
