// Option check: refuses an option that a function does not know, so that a misspelt option is not ignored.
import { didYouMean } from "../common/did-you-mean.js";
import { InvalidInputError, UnknownOptionError } from "./errors.js";
import { quote } from "./subjects.js";

/**
 * The names of all options of one function. Write `{ ... } satisfies OptionNames<Options>`: then an option that is added to the type
 * and not to the list does not compile.
 */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/**
 * Returns the options. `where` is the public name of the function, or of the nested object, e.g. `Responder.start, retry`.
 * @throws UnknownOptionError with the nearest name; InvalidInputError when the options are no object.
 */
export function checkOptions<Options>(where: string, options: Options, names: object): Options {
  if (typeof options !== "object" || options === null) {
    throw new InvalidInputError(`Expected the options of ${where} to be an object, got ${quote(options)}.`);
  }
  // Inherited options count, too: defaults may be the prototype.
  for (const name in options) if (!Object.hasOwn(names, name)) throw unknown(where, name, names);
  return options;
}

function unknown(where: string, name: string, names: object): UnknownOptionError {
  const hint = didYouMean(name, Object.keys(names), "it has");
  return new UnknownOptionError(`${where} has no option ${quote(name)}; ${hint}`);
}
