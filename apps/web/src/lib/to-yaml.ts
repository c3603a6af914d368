import { stringify } from 'yaml';

/** A configuration as one document, with every setting. */
export function toYaml(config: unknown): string {
  return stringify(config, { lineWidth: 0 });
}
