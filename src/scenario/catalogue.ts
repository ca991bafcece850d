// The scenario catalogue: finds the built-in scenarios by name, and any other by its path.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nearest } from "../common/did-you-mean.js";

/** The package's own scenarios; from `src/scenario` and from `dist/scenario` alike. */
export const builtInFolder = fileURLToPath(new URL("../../scenarios/", import.meta.url));

const extension = /\.ya?ml$/;

export interface Listed {
  /** The file's name without its ending. */
  name: string;
  file: string;
}

/** The scenario files of a folder, by name in alphabetical order; folders inside are not searched. */
export async function findScenarios(folder: string = builtInFolder): Promise<Listed[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && extension.test(entry.name))
    .map(({ name }) => ({ name: name.replace(extension, ""), file: join(folder, name) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The file of a built-in scenario's name, or the given path (with a slash, or an ending in .yaml or .yml). */
export async function resolveScenario(nameOrFile: string): Promise<string> {
  if (/[/\\]/.test(nameOrFile) || extension.test(nameOrFile)) return nameOrFile;
  const listed = await findScenarios();
  const found = listed.find(({ name }) => name === nameOrFile);
  if (found === undefined)
    throw new UnknownScenarioError(
      nameOrFile,
      listed.map(({ name }) => name),
    );
  return found.file;
}

export class UnknownScenarioError extends Error {
  override readonly name = "UnknownScenarioError";
  /** The names there are, the nearest ones first. */
  readonly names: string[];

  constructor(wanted: string, known: string[]) {
    const near = nearest(wanted, known);
    const hint = near.length > 0 ? `did you mean ${JSON.stringify(near[0])}?` : `known: ${known.join(", ")}`;
    super(`Expected the name of a scenario, got ${JSON.stringify(wanted)} (jsrr list shows all)\n  ${hint}`);
    this.names = [...near, ...known.filter((name) => !near.includes(name))];
  }
}
