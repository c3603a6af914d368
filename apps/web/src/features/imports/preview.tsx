import { Text } from '@mantine/core';
import type { ImportPreview } from '@rankloop/contracts';

/** What the first rows of a file would become. */
export function Preview({ preview }: { preview: ImportPreview }) {
  return (
    <section aria-label="What the first rows become">
      <Text size="sm" mb="xs">
        {preview.reason}
        {preview.compressed && ' The file is compressed.'}
      </Text>
      {preview.rows.map((row) => (
        <div key={row.line} className="imp-row">
          {row.error === null ? (
            <>
              <p>
                <strong>Line {row.line}</strong> becomes {row.becomes}
              </p>
              <p className="rl-clip">{row.prompt}</p>
              <ul>
                {row.outputs.map((output, i) => (
                  <li key={i}>
                    <span className="rl-clip">{output}</span>
                  </li>
                ))}
              </ul>
            </>
          ) : (
            <p className="imp-bad">
              <strong>▲ Line {row.line}</strong> is left out: {row.error}
            </p>
          )}
        </div>
      ))}
    </section>
  );
}
