// The validate stage: reports where the parts of a file do not fit together.
import { toMs } from "../common/duration.js";
import { nameOf } from "../history/checks/index.js";
import { type Path, quoted, type Report } from "./diagnostic.js";
import { type PartialScenario, readParts } from "./partial-scenario.js";
import { chosenCheck } from "./schema.js";
import { kitKeys, mostPause } from "./schema-actors.js";
import { policiesFit, type ScenarioParts } from "./timeline-state.js";
import { validateTimeline } from "./validate-timeline.js";

export function validateScenario(data: unknown, report: Report): void {
  const parts = readParts(data);
  ownNames(parts, report);
  streamsForResponders(parts, report);
  tokensOfReplies(parts, report);
  acksOfPlain(parts, report);
  partsAreServed(parts, report);
  prefetchOfTheKits(parts, report);
  expectedIsChecked(parts, report);
  policiesFit(parts, report);
  boundsFit(parts, report);
  kitOptionsOfTheKits(parts, report);
  pausesFit(parts, report);
  sweepFits(data, report);
  validateTimeline(parts, report);
}

/** Every actor has a name that nothing else has: steps and anchors use the bare name. */
function ownNames(parts: PartialScenario, report: Report): void {
  const owners = new Map<string, string>();
  for (const group of ["requesters", "responders", "services"] as const) {
    for (const name of parts[group].keys()) {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, group);
      else
        report([group, name], `Expected a name of its own, got ${quoted(name)} again: it is in \`${owner}\``, {
          at: "key",
        });
    }
  }
}

function streamsForResponders(parts: PartialScenario, report: Report): void {
  if (parts.setup !== "none" || parts.responders.size === 0) return;
  report(["setup"], 'Expected `setup` to have streams for the responders, got "none"', {
    hint: "a plain core NATS responder belongs in `services`",
  });
}

/** The kit's responder acks every request that it has answered. */
function acksOfPlain(parts: PartialScenario, report: Report): void {
  for (const [name, responder] of parts.responders) {
    if (responder === undefined || responder.acks || responder.kind === "plain") continue;
    report(["responders", name, "acks"], "Expected `acks: false` only of a responder with `kind: plain`", {
      at: "key",
    });
  }
}

/** The requests that the kit's responder works on are part of its prefetch. */
function prefetchOfTheKits(parts: PartialScenario, report: Report): void {
  for (const [name, responder] of parts.responders) {
    if (responder?.kind !== "kit") continue;
    const { prefetch, concurrency } = responder;
    if (prefetch === undefined || prefetch >= concurrency) continue;
    const most = `what ${name} may work on at once (\`concurrency: ${concurrency}\`)`;
    report(["responders", name, "prefetch"], `Expected at least ${most}, got ${prefetch}`);
  }
}

/** `{2}` in a service's reply is a token of its subject, so there has to be one. */
function tokensOfReplies(parts: PartialScenario, report: Report): void {
  for (const [name, service] of parts.services) {
    if (service === undefined) continue;
    const tokens = service.subject.split(".").length;
    const answers: [Path, string][] = [
      [["reply"], service.reply],
      ...(service.parts ?? []).map((part, i): [Path, string] => [["parts", i], part]),
    ];
    for (const [path, answer] of answers)
      for (const [placeholder, digits] of answer.matchAll(/\{(\d+)\}/g)) {
        if (Number(digits) >= 1 && Number(digits) <= tokens) continue;
        report(
          ["services", name, ...path],
          `Expected ${placeholder} to be a token of ${quoted(service.subject)}, which has {1} to {${tokens}}`,
        );
      }
  }
}

function expectedIsChecked(parts: PartialScenario, report: Report): void {
  const names = parts.check.map((check) => nameOf(chosenCheck(check)));
  names.forEach((name, i) => {
    if (names.indexOf(name) !== i) report(["check", i], `Expected each check once, got ${quoted(name)} again`);
  });
  for (const name of Object.keys(parts.expected)) {
    if (names.some((check) => check === name)) continue;
    report(["expected", name], `Expected a check that \`check\` lists, got ${quoted(name)}`, {
      at: "key",
      hint: `add ${name} to \`check\``,
    });
  }
}

// `max_outstanding` and `max_waiting`: a core request is not held back, and no request waits without a bound.

function boundsFit({ requesters }: ScenarioParts, report: Report): void {
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
        "Expected `max_outstanding` next to `max_waiting`: without a bound no request waits for a turn",
        { at: "key" },
      );
  }
}

// Options that only the kit's own responder has.

function kitOptionsOfTheKits({ responders }: ScenarioParts, report: Report): void {
  for (const [name, responder] of responders) {
    if (responder?.kind !== "plain") continue;
    for (const key of Object.keys(kitKeys) as (keyof typeof kitKeys)[])
      if (responder[key] !== undefined)
        report(["responders", name, key], `Expected no \`${key}\`: a responder with \`kind: plain\` has none`, {
          at: "key",
        });
  }
}

/** A first pause that is longer than the longest one would be shortened in silence. */
function pausesFit({ responders }: ScenarioParts, report: Report): void {
  for (const [name, responder] of responders) {
    const { first, most = mostPause } = responder?.retry ?? {};
    if (first === undefined || toMs(first) <= toMs(most)) continue;
    const longest = `the longest pause (\`most: ${most}\`${responder?.retry?.most ? "" : ", the default"})`;
    report(["responders", name, "retry", "first"], `Expected at most ${longest}, got "${first}"`);
  }
}

// Orders with several replies.

/** A plain responder replies once; a crash after a part needs an order with parts. */
function partsAreServed({ responders }: PartialScenario, report: Report): void {
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
      report(["responders", name, "crash"], `Expected an order with parts on the menu of ${name}: none has any`, {
        hint: "write `menu: { order-feast: { parts: [🥗, 🍝], reply: 🍨 } }`",
      });
  }
}

// Sweeps.

const mostCombinations = 200;

/** Keys that describe the experiment, not what it runs. */
const notSwept = ["scenario", "sweep", "repeat", "expected"];

function sweepFits(data: unknown, report: Report): void {
  const { sweep } = (data ?? {}) as { sweep?: unknown };
  if (typeof sweep !== "object" || sweep === null) return;
  const values = Object.values(sweep).filter(Array.isArray);
  const size = values.reduce((product, list) => product * list.length, 1);
  if (size > mostCombinations)
    report(["sweep"], `Expected a sweep of at most ${mostCombinations} combinations, got ${size}`, { at: "key" });
  for (const path of Object.keys(sweep)) {
    const [top = ""] = path.split(".");
    if (notSwept.includes(top))
      report(["sweep", path], `Expected a sweep of what the scenario plays, got ${JSON.stringify(top)}`, { at: "key" });
  }
}
