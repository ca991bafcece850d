// The menu of a responder in a scenario: fixed answers, some in parts, and failures.
import { defaultMenu, failingMenu, fixedMenu, type Menu, partsMenu } from "../../responder/menu.js";
import type { ResponderSettings } from "../../scenario/model-actors.js";

export function servedMenu(entries: ResponderSettings["menu"]): Menu {
  if (!entries) return defaultMenu;
  const one: Record<string, string> = {};
  const several: Record<string, string[]> = {};
  const failures: Record<string, string> = {};
  for (const [order, entry] of Object.entries(entries)) {
    if (typeof entry === "string") one[order] = entry;
    else if ("error" in entry) failures[order] = entry.error;
    else several[order] = [...entry.parts, entry.reply];
  }
  return { ...fixedMenu(one), ...partsMenu(several), ...failingMenu(failures) };
}
