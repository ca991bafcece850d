// Where words go: answers to stdout, progress to stderr; with --json, one JSON document on stdout and nothing else.

export const say = (text: string) => void process.stdout.write(`${text}\n`);
export const note = (text: string) => void process.stderr.write(`${text}\n`);
export const sayJson = (value: unknown) => say(JSON.stringify(value, null, 2));

/** Columns of the terminal, or of a usual one. */
export const width = () => process.stdout.columns || 80;

/** Colour where a person looks, unless they asked for none (no-color.org). */
export const color = () => process.stdout.isTTY === true && !process.env.NO_COLOR;
