import { resultSchema } from "../internal/report.js";
// Whatever `jsrr scenario --json` prints in any test is held to the schema of results.

/** @throws where the output of this command line is a result, and not a valid one. */
export function validResult(
  [command, ...words]: readonly string[],
  code: number | null,
  stdout: string,
): void {
  const told = command === "scenario" && words.includes("--json") && [0, 1, 2].includes(code ?? -1);
  if (!told || stdout === "") return; // other commands print what they like
  const [first] = [JSON.parse(stdout)].flat();
  const several: { result?: unknown }[] | undefined = first?.outcomes;
  if (several) for (const { result } of several) resultSchema.parse(result);
  else if (first?.format !== undefined) resultSchema.parse(first);
}
