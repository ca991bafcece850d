// Changes to a scenario file before it is read: `--set setup.ack_wait=2s`, and what a sweep goes through.
import { isCollection, parseDocument } from "yaml";
import { InvalidInput } from "../protocol/errors.js";

export interface Setting {
  /** Keys and positions with dots between them: `requesters.alice.timeout`, `timeline.0.request.count`. */
  path: string;
  value: unknown;
}

/** `setup.ack_wait=2s`; the value is read as YAML. @throws InvalidInput */
export function parseSetting(text: string): Setting {
  const [, path, value] = /^([^=\s]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined || value === undefined)
    throw new InvalidInput(`Expected a setting like setup.ack_wait=2s, got ${JSON.stringify(text)}.`);
  const document = parseDocument(value);
  if (document.errors.length > 0)
    throw new InvalidInput(`Expected ${path} to be set to a YAML value, got ${JSON.stringify(value)}.`);
  return { path, value: document.toJS() };
}

/** The text with the settings in it; lines stay where they are. A text that is no YAML comes back as it is. */
export function applySettings(text: string, settings: readonly Setting[]): string {
  if (settings.length === 0) return text;
  const document = parseDocument(text);
  if (document.errors.length > 0) return text;
  for (const { path, value } of settings) {
    const keys = path.split(".").map((key) => (/^\d+$/.test(key) ? Number(key) : key));
    requirePlace(document, keys, path);
    document.setIn(keys, value);
  }
  return document.toString({ lineWidth: 0 });
}

/** Nothing can be set inside a text or a number. */
function requirePlace(
  document: ReturnType<typeof parseDocument>,
  keys: (string | number)[],
  path: string,
): void {
  for (let n = keys.length - 1; n > 0; n--) {
    const parent = document.getIn(keys.slice(0, n), true);
    if (parent === undefined) continue;
    if (isCollection(parent)) return;
    throw new InvalidInput(
      `Cannot set ${path}: ${keys.slice(0, n).join(".")} is ${String(parent)} in the file, not a mapping or a list.`,
    );
  }
}
