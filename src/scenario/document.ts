// The YAML document of a scenario file: its data with settings (`--set`), and the place of each part in the text.
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import { didYouMean } from "../common/did-you-mean.js";
import { type Diagnostic, type Path, quoted, type Report } from "./diagnostic.js";
import { applySetting, keyText, type Setting, settingText } from "./setting.js";

/** Half-open, in UTF-16 code units of the text. */
interface Span {
  start: number;
  end: number;
}

// With `logLevel: "silent"` the parser would ignore a second document.
const options = { prettyErrors: false, merge: true, logLevel: "error", version: "1.2", uniqueKeys: true } as const;
const maxAliasCount = 100;

export class ScenarioDocument {
  readonly file: string;
  /** Without a byte order mark. */
  readonly text: string;
  /** Everything reported so far. */
  readonly diagnostics: Diagnostic[] = [];
  /** Plain data with the settings; `undefined` if the YAML itself has a mistake. */
  readonly data: unknown;
  readonly #document: Document.Parsed;
  readonly #lines: string[];
  /** The offset at which each line starts. */
  readonly #starts: number[];
  /** The keys of each setting in the document. */
  readonly #settings: { keys: Path; setting: Setting }[] = [];

  /** @throws InvalidInputError if a setting has no place in the document. */
  constructor(text: string, file: string, settings: readonly Setting[] = []) {
    this.file = file;
    this.text = text.replace(/^\uFEFF/, "");
    this.#lines = this.text.split(/\r\n|\n|\r/);
    this.#starts = [0, ...[...this.text.matchAll(/\r\n|\n|\r/g)].map((end) => end.index + end[0].length)];
    this.#document = parseDocument(this.text, options);
    const { errors, warnings, contents } = this.#document;
    if (errors.length + warnings.length > 0) this.#reportYaml([...errors, ...warnings]);
    else {
      if (isMap(contents)) for (const setting of settings) this.#apply(setting);
      this.data = this.#read();
    }
  }

  /** Adds a diagnostic about the part at `path`. */
  readonly report: Report = (path, message, { at = "value", hint } = {}) => {
    const { pair, complete } = this.#find(path);
    const place = this.#place(spanOf(pair, at));
    const { setting } =
      this.#settings.findLast(({ keys }) => isPrefix(keys, path) || (!complete && isPrefix(path, keys))) ?? {};
    this.diagnostics.push({ file: this.file, ...place, message, hint, setting: setting && settingText(setting) });
  };

  /** The line of the part at `path`, from 1. */
  lineOf(path: Path): number {
    return this.#place(spanOf(this.#find(path).pair, "key")).line;
  }

  /** The text with the settings in it. */
  changedText(): string {
    return this.#settings.length === 0 ? this.text : this.#document.toString({ lineWidth: 120 });
  }

  #apply(setting: Setting): void {
    const { keys, added } = applySetting(this.#document, setting);
    this.#settings.push({ keys, setting });
    const [group = "", name = ""] = keys.map(String);
    // A setting of one key of an actor is about an actor that the file has. With a whole actor it adds one.
    if (keys.length - added > 1 || keys.length < 3 || !Object.hasOwn(actorGroups, group)) return;
    const before = parseDocument(this.text, options).get(group);
    const known = isMap(before) ? before.items.map(keyText) : [];
    this.report([group, name], `Expected ${actorGroups[group]} of the file, got ${quoted(name)}`, {
      hint: didYouMean(name, known, "known here") ?? "there is none here",
    });
  }

  #read(): unknown {
    let data: unknown;
    let failed = false;
    try {
      data = this.#document.toJS({ maxAliasCount });
    } catch {
      failed = true;
    }
    const first = this.#checkReferences();
    if (failed && this.diagnostics.length === 0)
      this.#reportAt(rangeOf(first), "Expected YAML aliases that stand for less text");
    return this.diagnostics.length === 0 ? data : undefined;
  }

  /** Reports aliases without an anchor or inside of it, and merge keys of anything but mappings. Returns the first alias. */
  #checkReferences(): unknown {
    let first: unknown;
    visit(this.#document, {
      Alias: (_, alias, ancestors) => {
        first ??= alias;
        const target = alias.resolve(this.#document);
        if (target === undefined)
          this.#reportAt(
            rangeOf(alias),
            `Unknown YAML alias \`*${alias.source}\``,
            `an anchor \`&${alias.source}\` has to come first; a text that begins with * needs quotes`,
          );
        else if (ancestors.includes(target))
          this.#reportAt(rangeOf(alias), "Expected no YAML alias inside of what it stands for");
      },
      Pair: (_, pair) => {
        if (isMerge(pair) && !this.#mergeSources(pair).every(isMap))
          this.#reportAt(
            rangeOf(pair.key),
            "Expected `<<` to take a mapping, or an alias of one",
            'a key or a text "<<" needs quotes',
          );
      },
    });
    return first;
  }

  #reportYaml(errors: readonly YAMLError[]): void {
    // Where the parser runs out of stack depends on its caller: such a file is reported once, at its beginning.
    const tooDeep = errors.some(({ code }) => code === "RESOURCE_EXHAUSTION");
    if (tooDeep) {
      this.#reportAt({ start: 0, end: 1 }, "Expected a scenario, got YAML that is nested too deeply");
      return;
    }
    // The parser reports one mistake several times: its first message is the one that helps.
    const places = new Set<number>();
    for (const error of errors) {
      const [start, end] = error.pos;
      if (places.has(start)) continue;
      places.add(start);
      // The parser names the first character of a repeated key.
      const key = error.code === "DUPLICATE_KEY" ? keyAt(this.text.slice(start)) : undefined;
      if (key === undefined) this.#reportAt({ start, end }, ...explained(error));
      else this.#reportAt({ start, end: start + key.length }, `Expected \`${key}\` only once here`);
    }
  }

  #reportAt(span: Span = { start: 0, end: 1 }, message = "", hint?: string): void {
    this.diagnostics.push({ file: this.file, ...this.#place(span), message, hint });
  }

  /** Where a span begins, cut off at the end of its line. */
  #place({ start, end }: Span): Pick<Diagnostic, "line" | "column" | "length" | "source"> {
    // What is missing at the end is missing after the last word.
    const offset = Math.min(start, this.text.trimEnd().length);
    const index = this.#starts.findLastIndex((from) => from <= offset);
    const source = this.#lines[index] ?? "";
    const column = Math.min(offset - (this.#starts[index] ?? 0), source.length) + 1;
    const length = Math.max(1, Math.min(Math.max(start + 1, end) - offset, source.length - column + 1));
    return { line: index + 1, column, length, source };
  }

  /** The deepest part on the path that has a place in the text; `complete` if that is the part itself. */
  #find(path: Path): { pair: KeyAndValue; complete: boolean } {
    let pair: KeyAndValue = { key: undefined, value: this.#document.contents };
    for (const part of path) {
      const node = this.#resolved(pair.value);
      const next = isMap(node)
        ? this.#pairOf(node, part)
        : isSeq(node) && { key: undefined, value: node.items[Number(part)] };
      if (!next || (rangeOf(next.key) ?? rangeOf(next.value)) === undefined) return { pair, complete: false };
      pair = next;
    }
    return { pair, complete: true };
  }

  /** The map's own pair, else one that a merge key (`<<: *defaults`) brings in. */
  #pairOf(map: YAMLMap, key: string | number): Pair | undefined {
    const own = map.items.find((pair) => keyText(pair) === String(key));
    if (own !== undefined) return own;
    const merged = map.items.filter(isMerge).flatMap((pair) => this.#mergeSources(pair));
    return merged.map((source) => (isMap(source) ? this.#pairOf(source, key) : undefined)).find(Boolean);
  }

  #mergeSources({ value }: Pair): unknown[] {
    const source = this.#resolved(value);
    return isSeq(source) ? source.items.map((item) => this.#resolved(item)) : [source];
  }

  #resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }
}

const actorGroups: Record<string, string> = {
  requesters: "a requester",
  responders: "a responder",
  services: "a service",
};

type KeyAndValue = Pick<Pair, "key" | "value">;

const isPrefix = (short: Path, long: Path) => short.every((part, i) => String(part) === String(long[i]));

/** The parser gives a merge key a symbol, unless a tab precedes the colon; a quoted "<<" is a key like any other. */
const isMerge = ({ key }: Pair) =>
  isScalar(key) && (typeof key.value === "symbol" || (key.value === "<<" && key.type === "PLAIN"));

/** A mapping or a list is shown by its key, a step by its first key, and an empty value by its key. */
function spanOf({ key, value }: KeyAndValue, at: "key" | "value"): Span {
  const [keySpan, valueSpan] = [rangeOf(key), rangeOf(value)];
  if (at === "key" && keySpan) return keySpan;
  if (!isCollection(value) && valueSpan !== undefined && valueSpan.end > valueSpan.start) return valueSpan;
  const [first] = isCollection(value) ? value.items : [];
  return keySpan ?? rangeOf(isPair(first) ? first.key : first) ?? valueSpan ?? { start: 0, end: 0 };
}

function rangeOf(node: unknown): Span | undefined {
  const range = isNode(node) ? node.range : undefined;
  return range ? { start: range[0], end: range[1] } : undefined;
}

// The parser's errors, in sentences for the author of a scenario.

const oneKey: [string, string] = [
  "Expected one `key: value` here, got more",
  'a text with ": " in it needs quotes; or the next line is indented too far',
];

const explanations: Partial<Record<YAMLError["code"], [message: string, hint?: string]>> = {
  TAB_AS_INDENT: ["Expected spaces, got a tab as indentation"],
  MULTIPLE_DOCS: ["Expected one scenario in a file, got a second YAML document"],
  BLOCK_AS_IMPLICIT_KEY: oneKey,
  MULTILINE_IMPLICIT_KEY: oneKey,
  BAD_SCALAR_START: ["Expected quotes around a text that begins like this"],
};

/** `>` and its like have a meaning of their own in YAML: `server: ">=2.11"` needs its quotes. */
const quotes = 'put the text in quotes: ">=2.11"';

const keyAt = (text: string) => /^(?:"[^"]*"|'[^']*'|[^:\s]*)/.exec(text)?.[0] ?? "";

function explained({ code, message }: YAMLError): [message: string, hint?: string] {
  const unquoted = /block scalar/i.test(message) ? quotes : undefined;
  // The parser quotes what it found, which can be the rest of the file; the place is shown anyway.
  const [known = `Expected YAML: ${message.replace(/: "[\s\S]*"$/, "")}`, hint] = explanations[code] ?? [];
  return [known, hint ?? unquoted];
}
