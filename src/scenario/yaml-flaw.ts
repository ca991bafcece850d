// What the YAML parser found, in the words of somebody who writes a scenario.
import type { YAMLError } from "yaml";

/** Half-open, in UTF-16 code units of the text. */
export interface Span {
  start: number;
  end: number;
}

export interface Flaw {
  span: Span;
  message: string;
  hint?: string;
}

type Words = Pick<Flaw, "message" | "hint">;

const oneKey: Words = {
  message: "Expected one `key: value` here, got more",
  hint: 'a text with ": " in it needs quotes; or the next line is indented too far',
};

const inWords: Partial<Record<YAMLError["code"], Words>> = {
  TAB_AS_INDENT: { message: "Expected spaces, got a tab as indentation" },
  MULTIPLE_DOCS: { message: "Expected one scenario in a file, got a second YAML document" },
  RESOURCE_EXHAUSTION: { message: "Expected a scenario, got YAML that is nested too deeply" },
  BLOCK_AS_IMPLICIT_KEY: oneKey,
  MULTILINE_IMPLICIT_KEY: oneKey,
  BAD_SCALAR_START: { message: "Expected quotes around a text that begins like this" },
};

/** `>` and its like begin something else in YAML, which only quotes prevent: `server: ">=2.11"`. */
const quotes = 'put the text in quotes: ">=2.11"';

const exhausted = "RESOURCE_EXHAUSTION";

/**
 * Where the parser ran out of stack, and what it missed from there on, depends on who called it: such a file is told of
 * once, at its beginning.
 */
export function flawsOf(errors: readonly YAMLError[]): Flaw[] {
  const tooDeep = errors.find(({ code }) => code === exhausted);
  return (tooDeep ? [tooDeep] : errors).map(flawOf);
}

function flawOf(error: YAMLError): Flaw {
  const [start, end] = error.code === exhausted ? [0, 1] : error.pos;
  const words = inWords[error.code] ?? { message: `Expected YAML: ${withoutSource(error.message)}` };
  const unquoted = /block scalar/i.test(error.message);
  return { span: { start, end: Math.max(start + 1, end) }, ...words, ...(unquoted && { hint: quotes }) };
}

/** The parser quotes what it stumbled over, which can be the rest of the file; the place is shown anyway. */
const withoutSource = (message: string) => message.replace(/: "[\s\S]*"$/, "");
