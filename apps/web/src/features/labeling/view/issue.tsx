/** What the server found wrong, at the field that it is about. */
export function Issue({ text }: { text: string | null }) {
  if (text === null) return null;
  return (
    <p className="lab-issue" role="alert">
      ▲ {text}
    </p>
  );
}
