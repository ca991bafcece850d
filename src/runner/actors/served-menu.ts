// The menu of a responder in a scenario: fixed answers, some in parts, and how long each takes.
import { setTimeout as passed } from "node:timers/promises";
import {
  defaultMenu,
  fixedMenu,
  type Handler,
  isAnswer,
  type Menu,
  type OrderRequest,
  type Parts,
  partsMenu,
} from "../../responder/menu.js";
import type { ResponderSettings } from "../../scenario/model-actors.js";

export function servedMenu({ menu, workMs }: Pick<ResponderSettings, "menu" | "workMs">): Menu {
  const served = menu ? menuOf(menu) : defaultMenu;
  return workMs ? slowMenu(served, workMs) : served;
}

function menuOf(entries: NonNullable<ResponderSettings["menu"]>): Menu {
  const one: Record<string, string> = {};
  const several: Record<string, string[]> = {};
  for (const [order, entry] of Object.entries(entries)) {
    if (typeof entry === "string") one[order] = entry;
    else several[order] = [...entry.parts, entry.reply];
  }
  return { ...fixedMenu(one), ...partsMenu(several) };
}

/** The same menu, but its handlers work before each of their replies, and stop when nobody waits for them any more. */
const slowMenu = (menu: Menu, workMs: number): Menu =>
  Object.fromEntries(
    Object.entries(menu).map(([order, entry]): [string, Handler] => {
      const answer = (request: OrderRequest) => (typeof entry === "function" ? entry(request) : entry);
      return [
        order,
        async (request) => {
          await work(request, workMs);
          const given = await answer(request);
          return isAnswer(given) ? given : slowly(given, request, workMs);
        },
      ];
    }),
  );

/** The work on the first of them is done. */
async function* slowly(parts: Parts, request: OrderRequest, workMs: number): Parts {
  for (;;) {
    const { value, done } = await parts.next();
    if (done) return value;
    yield value;
    await work(request, workMs);
  }
}

async function work({ signal }: OrderRequest, workMs: number): Promise<void> {
  await passed(workMs, undefined, { signal }).catch(() => {
    throw new Error(`stopped at work: ${(signal.reason as Error).message}`);
  });
}
