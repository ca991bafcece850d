// A check as a file asks for it: its name, or a mapping of its name to its parameters.
import type { ChosenCheck } from "../history/checks/index.js";
import type { CheckFile } from "./schema.js";

export function chosenCheck(check: CheckFile): ChosenCheck {
  if (typeof check === "string") return check;
  return { name: "no-duplicate-executions", atMost: check["no-duplicate-executions"].at_most };
}
