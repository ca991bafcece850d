// Something wrong at a path of the file's data. It becomes a problem once the path's place in the text is known.

export type Path = readonly (string | number)[];

export interface Finding {
  path: Path;
  /** What of the path is wrong; for a missing key, its parent is pointed at. */
  at: "key" | "value";
  message: string;
  hint?: string;
}

/** `Expected <path> to <what>, got <value>`. */
export type Report = (
  path: Path,
  message: string,
  extra?: { at?: Finding["at"]; hint?: string | undefined },
) => void;

export function reporterTo(findings: Finding[]): Report {
  return (path, message, { at = "value", hint } = {}) =>
    void findings.push({ path, at, message, ...(hint !== undefined && { hint }) });
}

/** A path as one would write it: `timeline[2].request.from`. */
export function pathText(path: Path): string {
  return path
    .map((part, i) => {
      if (typeof part === "string" && /^[A-Za-z_][\w-]*$/.test(part)) return i === 0 ? part : `.${part}`;
      return `[${typeof part === "number" ? part : quoted(part)}]`;
    })
    .join("");
}

/** A value with its type, as YAML understood it: `"five" (string)`, `5 (number)`, `a list`. */
export function got(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return Object.keys(value).length === 0 ? "an empty mapping" : "a mapping";
  return `${typeof value === "string" ? quoted(value) : String(value)} (${typeof value})`;
}

export const quoted = (text: string) => shorten(JSON.stringify(text));

const longest = 60;

function shorten(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 4)}..."`;
}
