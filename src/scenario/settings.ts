// Changes to a scenario file before it is read: `--set setup.ack_wait=2s`, and what a sweep goes through.
import { parseDocument } from "yaml";
import { InvalidInput } from "../protocol/errors.js";
import { setting } from "./setting-path.js";
import { setInText } from "./yaml-edit.js";

export interface Setting {
  /** Keys and positions with dots between them: `requesters.alice.timeout`, `timeline.0.request.count`, `sweep."setup.ack_wait"`. */
  path: string;
  value: unknown;
}

/** `setup.ack_wait=2s`; the value is read as YAML. @throws InvalidInput */
export function parseSetting(text: string): Setting {
  const [, path, value] = setting.exec(text) ?? [];
  if (path === undefined || value === undefined)
    throw new InvalidInput(
      `Expected a setting like setup.ack_wait=2s (a key with a dot, a space or = in it stands in quotes: sweep."setup.ack_wait"), got ${JSON.stringify(text)}.`,
    );
  const document = parseDocument(value);
  if (document.errors.length > 0)
    throw new InvalidInput(`Expected ${path} to be set to a YAML value, got ${JSON.stringify(value)}.`);
  return { path, value: document.toJS() };
}

/** As a table and a message name it: `setup.ack_wait=2s`. */
export const settingText = ({ path, value }: Setting) =>
  `${path}=${typeof value === "string" ? value : JSON.stringify(value)}`;

/**
 * The text with the settings in it; what they do not touch stays as it is written. A text that is no YAML comes back as
 * it is.
 * @throws InvalidInput where a path leads into a text or a number, or past the end of a list
 */
export function applySettings(text: string, settings: readonly Setting[]): string {
  return settings.reduce((now, { path, value }) => setInText(now, path, value), text);
}
