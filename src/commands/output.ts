// Where words go: answers to stdout, progress to stderr; with --json, one JSON document on stdout and nothing else.
import { terminal } from "./terminal.js";

/** Text that brings its own line ends. */
export const write = (text: string) => void terminal().stdout.write(text);
export const say = (text: string) => write(`${text}\n`);
export const note = (text: string) => void terminal().stderr.write(`${text}\n`);
export const sayJson = (value: unknown) => say(JSON.stringify(value, null, 2));

/** Columns of the terminal, or of a usual one. */
export const width = () => terminal().stdout.columns || 80;

/** Colour where a person looks, unless they asked for none (no-color.org) or their terminal has none. */
export const color = () => {
  const { stdout, env } = terminal();
  return stdout.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
};

/** A terminal that can draw over what it has drawn, and a person in front of it. */
export const live = () => {
  const { stdout, env } = terminal();
  if (stdout !== process.stdout) return false; // another's, which gets its words as they come
  return process.stdout.isTTY === true && env.TERM !== "dumb" && ["", "0", "false"].includes(env.CI ?? "");
};
