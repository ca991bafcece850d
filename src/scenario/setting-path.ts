// The path of a setting: keys and positions with dots between them. A key that has a dot, a space or a = in it stands in quotes:
// `sweep."setup.ack_wait"`.

export interface Part {
  name: string;
  /** It is one key, whatever is in it. */
  quoted: boolean;
}

const part = /"(?:[^"\\]|\\["\\])*"|'[^']*'|[^.=\s"'][^.=\s]*/.source;
const wholePath = new RegExp(`^(?:${part})(?:\\.(?:${part}))*$`, "s");
const parts = new RegExp(part, "gs");
/** A setting: what stands before the = that ends its path, and what stands after it. */
export const setting = new RegExp(`^((?:${part})(?:\\.(?:${part}))*)=(.*)$`, "s");

/** What is no path, as a sweep may have it, is taken apart at its dots all the same: it leads nowhere. */
export function partsOf(path: string): Part[] {
  if (!wholePath.test(path)) return path.split(".").map((name) => ({ name, quoted: false }));
  return (path.match(parts) ?? []).map((text) => ({ name: unquoted(text), quoted: /^["']/.test(text) }));
}

/** The same for each way to write one path. */
export const plainPath = (path: string): string =>
  partsOf(path)
    .map(({ name }) => name)
    .join(".");

function unquoted(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(["\\])/g, "$1") : text;
}
