// Orders with several replies, and who can serve them.
import type { Draft } from "./draft.js";
import { type Path, quoted, type Report } from "./finding.js";

/** A plain responder answers once; and a crash after a part needs a part to come after. */
export function partsAreServed({ responders }: Draft, report: Report): void {
  for (const [name, responder] of responders) {
    if (responder === undefined) continue;
    const several = Object.entries(responder.menu ?? {}).filter(
      ([, entry]) => typeof entry !== "string" && "parts" in entry,
    );
    const menu: Path = ["responders", name, "menu"];
    if (responder.kind === "plain")
      for (const [order] of several)
        report([...menu, order], `Expected one reply to ${quoted(order)}: ${name} has \`kind: plain\``, {
          hint: "only the kit's own responder serves parts",
        });
    if (responder.crash === "after-part" && several.length === 0)
      report(
        ["responders", name, "crash"],
        `Expected an order with parts on the menu of ${name}: none has any`,
        {
          hint: "write `menu: { order-feast: { parts: [🥗, 🍝], reply: 🍨 } }`",
        },
      );
  }
}
