// Whether a subject with wildcards covers another, token by token.

/** As the server matches: `*` is one token, `>` at the end is one or more. */
export function matches(pattern: readonly string[], subject: readonly string[]): boolean {
  const open = pattern.at(-1) === ">";
  if (open ? subject.length < pattern.length : subject.length !== pattern.length) return false;
  return pattern.every(
    (token, n) => token === "*" || (open && n === pattern.length - 1) || token === subject[n],
  );
}
