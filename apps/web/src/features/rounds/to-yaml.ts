/** A configuration of names, numbers, words and switches as YAML; nothing in it needs quoting. */
export function toYaml(config: Readonly<Record<string, unknown>>, indent = ''): string {
  return Object.entries(config)
    .map(([key, value]) =>
      typeof value === 'object' && value !== null
        ? `${indent}${key}:\n${toYaml({ ...value }, `${indent}  `)}`
        : `${indent}${key}: ${String(value)}\n`,
    )
    .join('');
}
