// Subject patterns: subjects with wildcards, compared with subjects and with one another. Each is the list of its tokens.

/** As the server matches: `*` is one token, `>` at the end is one or more. */
export function matches(pattern: readonly string[], subject: readonly string[]): boolean {
  const open = pattern.at(-1) === ">";
  if (open ? subject.length < pattern.length : subject.length !== pattern.length) return false;
  return pattern.every((token, n) => token === "*" || (open && n === pattern.length - 1) || token === subject[n]);
}

/**
 * Sorts subjects with wildcards, the most specific first: the longer one (`>` is no token), then the one with more tokens that are
 * no wildcard, then the one whose first wildcard comes later. A subject that another one includes sorts before it.
 */
export function compareSpecificity(a: readonly string[], b: readonly string[]): number {
  const fixed = (pattern: readonly string[]) => (pattern.at(-1) === ">" ? pattern.slice(0, -1) : pattern);
  const [left, right] = [fixed(a), fixed(b)];
  const literals = (tokens: readonly string[]) => tokens.filter((token) => token !== "*").length;
  if (left.length !== right.length) return right.length - left.length;
  if (literals(left) !== literals(right)) return literals(right) - literals(left);
  const n = left.findIndex((token, at) => (token === "*") !== (right[at] === "*"));
  return n < 0 ? a.length - b.length : left[n] === "*" ? 1 : -1;
}

/** Whether a subject exists that both match. */
export function overlap(a: readonly string[], b: readonly string[]): boolean {
  for (let n = 0; n < Math.max(a.length, b.length); n++) {
    const [left, right] = [a[n], b[n]];
    if (left === undefined || right === undefined) return false; // a `>` stands for one token at least
    if (left === ">" || right === ">") return true;
    if (left !== right && left !== "*" && right !== "*") return false;
  }
  return true;
}

/** Whether `outer` matches every subject that `inner` matches. */
export function includes(outer: readonly string[], inner: readonly string[]): boolean {
  for (const [n, token] of outer.entries()) {
    const other = inner[n];
    if (other === undefined) return false;
    if (token === ">") return true;
    if (other === ">" || (token !== "*" && token !== other)) return false;
  }
  return outer.length === inner.length;
}

/** The subjects that a consumer takes; one without a filter takes all. */
export const filtersOf = ({ filter_subject, filter_subjects }: Filters): string[] =>
  filter_subjects ?? [filter_subject || ">"];

/** Of a consumer's configuration, in the server's words. */
interface Filters {
  filter_subject?: string;
  filter_subjects?: string[];
}

/** Whether a subject exists that both consumers take. */
export const filtersOverlap = (a: Filters, b: Filters): boolean =>
  filtersOf(a).some((one) => filtersOf(b).some((other) => overlap(one.split("."), other.split("."))));
