// The validate stage: reports where the parts of a file do not fit together.
import { didYouMean } from "../common/did-you-mean.js";
import { toMs } from "../common/duration.js";
import { namesOfNodes } from "../common/node-names.js";
import { nameOf } from "../history/checks/index.js";
import { overlap } from "../protocol/subject-patterns.js";
import { type Path, quoted, type Report } from "./diagnostic.js";
import { wireCrashPoints } from "./model.js";
import { validateOrders } from "./orders.js";
import { type PartialScenario, readParts } from "./partial-scenario.js";
import { chosenCheck } from "./schema.js";
import { kitKeys, mostPause, type RequesterFile, type ResponderFile, type ServiceFile } from "./schema-actors.js";
import { policyFits, type ScenarioParts } from "./timeline-state.js";
import { validateStreams } from "./validate-streams.js";
import { validateTimeline } from "./validate-timeline.js";

export function validateScenario(data: unknown, report: Report): void {
  const parts = readParts(data);
  ownNames(parts, report);
  streamsForResponders(parts, report);
  // A part with a mistake in it has no settings.
  externalActors(data, report);
  for (const [name, settings] of parts.requesters) if (settings) checkRequester(name, settings, parts, report);
  for (const [name, settings] of parts.responders) if (settings) checkResponder(name, settings, report);
  checkServers(parts, report);
  checkConsumers(parts, report);
  validateStreams(parts, report);
  for (const [name, settings] of parts.services) if (settings) tokensOfReplies(name, settings, report);
  expectedIsChecked(parts, report);
  sweepFits(data, report);
  validateTimeline(parts, report);
  validateOrders(parts, report);
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

/** A version belongs to a server that there is, and each replica to another server. */
function checkServers({ server, setup }: PartialScenario, report: Report): void {
  if (server === undefined) return;
  const names = namesOfNodes(server.nodes);
  for (const name of typeof server.version === "object" ? Object.keys(server.version) : []) {
    if (names.includes(name)) continue;
    const hint = didYouMean(name, names, "servers");
    report(["server", "version", name], `Expected one of the servers, got ${quoted(name)}`, { at: "key", hint });
  }
  if (server.nodes > 1 && setup !== undefined && setup !== "none" && setup.replicas > server.nodes)
    report(
      ["setup", "replicas"],
      `Expected at most one replica for each of ${server.nodes} servers, got ${setup.replicas}`,
    );
}

/** The server refuses consumers that take the same requests, and a responder pulls from one that there is. */
function checkConsumers({ setup, responders }: PartialScenario, report: Report): void {
  if (setup === undefined || setup === "none") return;
  const names = Object.keys(setup.consumers ?? {});
  const taken = Object.entries(setup.consumers ?? {}).flatMap(([name, { subjects }]) =>
    subjects.map((subject, i) => ({ path: ["setup", "consumers", name, "subjects", i] as Path, subject })),
  );
  for (const [n, { path, subject }] of taken.entries()) {
    const other = taken.slice(0, n).find((one) => overlap(one.subject.split("."), subject.split(".")));
    if (other)
      report(path, `Expected orders that no other entry takes, got ${quoted(subject)} beside ${quoted(other.subject)}`);
  }
  for (const [name, responder] of responders) {
    const { consumer } = responder ?? {};
    const path: Path = ["responders", name, "consumer"];
    if (consumer !== undefined && !names.includes(consumer) && (consumer !== "responder" || names.length > 0)) {
      report(path, `Expected a consumer of the setup, got ${quoted(consumer)}`, {
        hint: didYouMean(consumer, names, "consumers"),
      });
    }
    if (responder && consumer === undefined && names.length > 0 && !names.includes("responder")) {
      report(["responders", name], `Expected a \`consumer\` of ${name}: the setup has ${names.join(", ")}`, {
        at: "key",
      });
    }
  }
}

/** A core request is not held back, and without a bound no request waits for its turn. */
function checkRequester(name: string, requester: RequesterFile, parts: ScenarioParts, report: Report): void {
  const { reply, on_timeout, max_outstanding, max_waiting } = requester;
  policyFits(on_timeout, ["requesters", name, "on_timeout"], name, parts, report);
  if (max_outstanding !== undefined && reply === "core")
    report(
      ["requesters", name, "max_outstanding"],
      "Expected no `max_outstanding`: core requests (`reply: core`) are not held back",
      { at: "key" },
    );
  if (max_waiting !== undefined && max_outstanding === undefined)
    report(
      ["requesters", name, "max_waiting"],
      "Expected `max_outstanding` next to `max_waiting`: without a bound no request waits for a turn",
      { at: "key" },
    );
}

function checkResponder(name: string, responder: ResponderFile, report: Report): void {
  const path: Path = ["responders", name];
  const { kind, acks, prefetch, concurrency, crash, retry, menu = {} } = responder;
  const withParts = Object.entries(menu).flatMap(([order, entry]) =>
    typeof entry !== "string" && "parts" in entry ? [order] : [],
  );
  if (kind === "plain") checkPlain(name, responder, withParts, report);
  crashPointFits(responder, path, report);
  // The kit's responder acks every request that it has answered.
  if (kind === "kit" && !acks)
    report([...path, "acks"], "Expected `acks: false` only of a responder with `kind: plain`", { at: "key" });
  // The requests that it works on are part of its prefetch.
  if (kind === "kit" && prefetch !== undefined && prefetch < concurrency) {
    const most = `what ${name} may work on at once (\`concurrency: ${concurrency}\`)`;
    report([...path, "prefetch"], `Expected at least ${most}, got ${prefetch}`);
  }
  if (crash === "after-part" && withParts.length === 0)
    report([...path, "crash"], `Expected an order with parts on the menu of ${name}: none has any`, {
      hint: "write `menu: { order-feast: { parts: [🥗, 🍝], reply: 🍨 } }`",
    });
  // A first pause that is longer than the longest one would be shortened in silence.
  const { first, most = mostPause } = retry ?? {};
  if (first === undefined || toMs(first) <= toMs(most)) return;
  const longest = `the longest pause (\`most: ${most}\`${retry?.most ? "" : ", the default"})`;
  report([...path, "retry", "first"], `Expected at most ${longest}, got "${first}"`);
}

/** What an external actor may say of itself: its process decides everything else. */
const externalKeys = { requesters: ["kind", "online", "queue"], responders: ["kind", "online", "queue", "crash"] };

/** Reads the file: the parts have the defaults of all keys. */
function externalActors(data: unknown, report: Report): void {
  for (const group of ["requesters", "responders"] as const) {
    const actors = Object.entries((data as Record<string, object> | null)?.[group] ?? {});
    for (const [name, settings] of actors) {
      if ((settings as { kind?: unknown } | null)?.kind !== "external") continue;
      for (const key of Object.keys(settings).filter((one) => !externalKeys[group].includes(one)))
        report([group, name, key], `Expected no \`${key}\`: an actor with \`kind: external\` has none`, { at: "key" });
    }
  }
}

/** A responder of the kit ends itself at points of its own, too; an external one is killed by its link only. */
function crashPointFits({ kind, crash }: ResponderFile, path: Path, report: Report): void {
  const points: readonly string[] = wireCrashPoints;
  if (kind !== "external" || crash === undefined || points.includes(crash)) return;
  report([...path, "crash"], `Expected a crash point of an external responder, got ${quoted(crash)}`, {
    hint: `known: ${points.join(", ")}`,
  });
}

/** A plain responder replies once, and has no options of the kit's. */
function checkPlain(name: string, responder: ResponderFile, withParts: readonly string[], report: Report): void {
  for (const key of Object.keys(kitKeys) as (keyof typeof kitKeys)[])
    if (responder[key] !== undefined)
      report(["responders", name, key], `Expected no \`${key}\`: a responder with \`kind: plain\` has none`, {
        at: "key",
      });
  for (const order of withParts)
    report(["responders", name, "menu", order], `Expected one reply to ${quoted(order)}: ${name} has \`kind: plain\``, {
      hint: "only the kit's own responder serves parts",
    });
}

/** `{2}` in a service's reply is a token of its subject, so there has to be one. */
function tokensOfReplies(name: string, { subject, reply, parts = [] }: ServiceFile, report: Report): void {
  const tokens = subject.split(".").length;
  const answers: [Path, string][] = [
    [["reply"], reply],
    ...parts.map((part, i): [Path, string] => [["parts", i], part]),
  ];
  for (const [path, answer] of answers)
    for (const [placeholder, digits] of answer.matchAll(/\{(\d+)\}/g)) {
      if (Number(digits) >= 1 && Number(digits) <= tokens) continue;
      report(
        ["services", name, ...path],
        `Expected ${placeholder} to be a token of ${quoted(subject)}, which has {1} to {${tokens}}`,
      );
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
