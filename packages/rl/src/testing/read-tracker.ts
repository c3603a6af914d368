// Tells which values of a golden file a test has never looked at.

/** Keys that explain and are no values. */
const PROSE = new Set(['about', 'fn', 'note']);

/** A view of `value` that behaves like it, and the paths of the leaves that nobody has read through it. */
function trackReads<T extends object>(value: T): { tracked: T; unread: () => string[] } {
  const unreadPaths = new Set(leafPaths(value, ''));
  return { tracked: view(value, '', unreadPaths), unread: () => [...unreadPaths] };
}

function view<T extends object>(target: T, path: string, unreadPaths: Set<string>): T {
  return new Proxy(target, {
    get(inner, key, receiver): unknown {
      const value: unknown = Reflect.get(inner, key, receiver);
      if (typeof key === 'symbol' || !Object.hasOwn(inner, key)) return value;
      const at = `${path}/${key}`;
      if (typeof value === 'object' && value !== null) return view(value, at, unreadPaths);
      unreadPaths.delete(at);
      return value;
    },
  });
}

function leafPaths(value: object, path: string): string[] {
  return Object.entries(value).flatMap(([key, child]: [string, unknown]) => {
    if (PROSE.has(key)) return [];
    const at = `${path}/${key}`;
    return typeof child === 'object' && child !== null ? leafPaths(child, at) : [at];
  });
}

/** A check for every section of a golden file; a missing one does not compile. */
export type SectionChecks<Sections> = { [Name in keyof Sections]: (section: Sections[Name]) => void };

/** Runs the check of one section; returns the paths of its values that the check never read. */
export function runSection<Sections extends object>(
  checks: SectionChecks<Sections>,
  sections: Sections,
  wanted: string,
): string[] {
  const { tracked, unread } = trackReads(sections);
  for (const name in checks) if (name === wanted) checks[name](tracked[name]);
  return unread().filter((path) => path === `/${wanted}` || path.startsWith(`/${wanted}/`));
}
