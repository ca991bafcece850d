// Where `max_outstanding` and `max_waiting` do not fit: a core request is not held back, and nobody waits without a bound.
import type { Cast } from "./cast.js";
import type { Report } from "./finding.js";

export function boundsFit({ requesters }: Cast, report: Report): void {
  for (const [name, settings] of requesters) {
    if (settings?.max_outstanding !== undefined && settings.reply === "core")
      report(
        ["requesters", name, "max_outstanding"],
        "Expected no `max_outstanding`: core requests (`reply: core`) are not held back",
        { at: "key" },
      );
    if (settings?.max_waiting !== undefined && settings.max_outstanding === undefined)
      report(
        ["requesters", name, "max_waiting"],
        "Expected `max_outstanding` next to `max_waiting`: without a bound nobody waits for a turn",
        { at: "key" },
      );
  }
}
