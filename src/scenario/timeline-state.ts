// Timeline state: the actors that run and the requests that have been sent before a step.
import { didYouMean } from "../common/did-you-mean.js";
import type { StrategyName } from "../protocol/events.js";
import { type Path, pathText, quoted, type Report } from "./diagnostic.js";
import {
  type ActorEventName,
  type AnchorEvent,
  actorEvents,
  linkEvents,
  type QueueSettings,
  requesterEvents,
} from "./model.js";
import type { RequesterFile, ResponderFile, ServiceFile } from "./schema-actors.js";
import type { ServerFile, SetupFile } from "./schema-server.js";
import type { OtherStreamFile } from "./schema-streams.js";

interface Sent {
  /** The path of the step that sent it. */
  step: Path;
  /** Its requester, if that could be read; a request of `publish` has none. */
  from?: string;
  byHand?: true;
  /** The kind of the step, if the file gives the request no id. */
  by?: "request" | "send";
  /** It asks for several replies. */
  several?: boolean;
}

export interface TimelineState {
  parts: ScenarioParts;
  report: Report;
  /** Absent: unknown, because a step with mistakes can have changed it. */
  online: Map<string, boolean>;
  /** Each request so far. */
  sent: Map<string, Sent>;
  /** The ids that the file gives to requests, so far, each with its queue. */
  ids: Map<string, string | undefined>;
  /** Of the responders; absent as above. */
  paused: Map<string, boolean>;
  /** Actors that a fault froze until a `heal`. */
  frozen: Set<string>;
  /** The faults so far. */
  injected: Set<string>;
  /** The names of all the file's requests, later ones too. */
  aliases: Set<string>;
  /** Validates steps inside a step, in their order. */
  validateSteps: (steps: readonly unknown[], path: Path) => void;
}

export function initialState(
  known: Pick<TimelineState, "parts" | "report" | "aliases" | "validateSteps">,
): TimelineState {
  const { parts } = known;
  const actors = [...parts.requesters, ...parts.responders, ...parts.services];
  const online = new Map(actors.flatMap(([name, settings]) => (settings ? [[name, settings.online]] : [])));
  for (const [name, settings] of parts.responders) if (settings?.crash && settings.online) online.delete(name);
  // Its process may end by itself.
  for (const [name, settings] of parts.requesters) if (settings?.kind === "external") online.delete(name);
  const paused = new Map([...parts.responders.keys()].map((name) => [name, false]));
  return { ...known, online, paused, sent: new Map(), ids: new Map(), frozen: new Set(), injected: new Set() };
}

export const strategyOf = (state: TimelineState, requester: string | undefined): StrategyName | undefined =>
  requester === undefined ? undefined : state.parts.requesters.get(requester)?.reply;

const queueOf = ({ parts }: TimelineState, requester: string) => parts.requesters.get(requester)?.queue ?? parts.queue;

/** Adds the id of a request, if the file gives it one. A history names a request by its id alone. */
export function addId(id: string | undefined, requester: string, path: Path, state: TimelineState): void {
  if (id === undefined) return;
  const queue = queueOf(state, requester);
  if (state.ids.has(id) && state.ids.get(id) !== queue)
    state.report([...path, "id"], `Expected an id that no request of another queue has, got ${quoted(id)} again`);
  state.ids.set(id, queue);
}

export function requireRequester(state: TimelineState, path: Path, name: string): void {
  const known = [...state.parts.requesters.keys()];
  if (!known.includes(name)) unknownName(state, path, "a requester", name, known);
  else if (state.parts.requesters.get(name)?.kind === "external")
    state.report(path, `Expected a requester of the kit, got ${quoted(name)}: it has \`kind: external\``, {
      hint: "its own process decides what it sends",
    });
  else requireOnline(state, path, name);
}

export function requireActor(state: TimelineState, path: Path, name: string): boolean {
  const known = actorNames(state.parts);
  if (known.includes(name)) return true;
  unknownName(state, path, "a requester, responder or service", name, known);
  return false;
}

/** False if the rest of the step cannot be checked. */
export function requireKitResponder(state: TimelineState, path: Path, name: string): boolean {
  const known = [...state.parts.responders.keys()];
  if (!known.includes(name)) {
    unknownName(state, path, "a responder", name, known);
    return false;
  }
  const { kind = "kit" } = state.parts.responders.get(name) ?? {};
  if (kind !== "kit") {
    state.report(path, `Expected a responder of the kit, got ${quoted(name)}: it has \`kind: ${kind}\``);
    return false;
  }
  requireOnline(state, path, name);
  return true;
}

export function requireSent(state: TimelineState, path: Path, alias: string): boolean {
  if (state.sent.has(alias)) return true;
  const where = `\`${pathText(path)}\``;
  if (state.aliases.has(alias)) state.report(path, `Expected ${where} to come after the request ${quoted(alias)}`);
  else unknownName(state, path, "an earlier request", alias, [...state.sent.keys()]);
  return false;
}

/** A request of `publish` has no handle. */
export function requireRequested(state: TimelineState, path: Path, alias: string): boolean {
  if (!requireSent(state, path, alias)) return false;
  if (!state.sent.get(alias)?.byHand) return true;
  state.report(path, `Expected a request that a requester sent, got ${quoted(alias)}: it is published by hand`);
  return false;
}

/** A core request (`reply: core`) is stored nowhere. */
export function requireStored(state: TimelineState, path: Path, alias: string, at?: "key"): boolean {
  if (strategyOf(state, state.sent.get(alias)?.from) !== "core") return true;
  state.report(path, `Expected a request that is stored, got ${quoted(alias)}: it has \`reply: core\``, { at });
  return false;
}

/** Adds a request to the state. `path` ends in the step's kind, and `as` stands below it. */
export function addSent(alias: string, sent: Omit<Sent, "step">, path: Path, state: TimelineState): void {
  const earlier = state.sent.get(alias)?.step;
  const step = pathText(path.slice(0, -1));
  const actor = actorNames(state.parts).includes(alias) ? "an actor has it" : undefined;
  // A repeated step sends its request again under the same name.
  const owner = earlier && pathText(earlier) !== step ? `\`${pathText(earlier)}\` has it` : actor;
  if (owner)
    state.report([...path, "as"], `Expected a name of its own for the request, got ${quoted(alias)}: ${owner}`);
  if (!earlier) state.sent.set(alias, { ...sent, step: path.slice(0, -1) });
}

function requireOnline(state: TimelineState, path: Path, name: string): void {
  // Of steps at the same time, one can heal the fault.
  if (state.frozen.has(name) && !path.includes("together"))
    state.report(path, `Expected ${quoted(name)} not to be frozen at this step: the step would never end`, {
      hint: "`heal: pause-actor` comes first, or `for` next to the fault",
    });
  if (state.online.get(name) !== false) return;
  state.report(path, `Expected ${quoted(name)} to be running at this step: it is not`, {
    hint: `start it first: \`start: ${name}\``,
  });
}

function unknownName(state: TimelineState, path: Path, what: string, name: string, known: string[]): void {
  const hint = didYouMean(name, known, "known here") ?? "there is none here";
  state.report(path, `Expected \`${pathText(path)}\` to name ${what}, got ${quoted(name)}`, { hint });
}

// The actors and streams of a scenario, as far as the file could be read.

/** `undefined` is a part with a mistake in it: its name is known, its content is not. */
export interface ScenarioParts {
  /** `requires.server` as the file has it; empty by default. */
  requiredServer: string;
  setup: SetupFile | undefined;
  /** Of actors without a `queue` of their own. */
  queue: string | undefined;
  /** Each one that occurs, the file's own first. */
  queues: QueueSettings[];
  server: ServerFile | undefined;
  /** Beside those of the queues; undefined where one has a mistake in it. */
  streams: Map<string, OtherStreamFile | undefined>;
  requesters: Map<string, RequesterFile | undefined>;
  responders: Map<string, ResponderFile | undefined>;
  services: Map<string, ServiceFile | undefined>;
}

export const actorNames = ({ requesters, responders, services }: ScenarioParts) => [
  ...requesters.keys(),
  ...responders.keys(),
  ...services.keys(),
];

// Outcomes and events that a request never has: one of `send`, one that asks for one reply, or one of `publish`.

const ofSeveral = ["part-received", "replies-ended", "ended"];
const neverOfSent = [...ofSeveral, ..."timed-out received late-reply no-responders puback puback-received".split(" ")];
/** Of `publish`. */
const neverByHand = [
  ...neverOfSent,
  ..."requested stored refused turn-awaited turn-refused failed request-failed withdrawn".split(" "),
  ..."collected part-collected not-collected".split(" "),
];

/** `word` is an outcome or an event of this request. A request with an id can be sent in several ways, and is not checked. */
export function checkAwaited(
  alias: string,
  word: string,
  path: Path,
  state: TimelineState,
  at: "key" | "value" = "value",
): void {
  const { by, byHand, several } = state.sent.get(alias) ?? {};
  const first = word.split(" ")[0] ?? "";
  const refuse = (why: string, hint: string) =>
    state.report(path, `Expected what can come of ${quoted(alias)}, got ${quoted(word)}: ${why}`, { at, hint });
  if (byHand && state.ids.size === 0 && neverByHand.includes(first))
    refuse(
      "no requester has it",
      `it is in the queue at \`${alias}.published-request\`; its outcome is what a responder replies`,
    );
  else if (by === "send" && neverOfSent.includes(first))
    refuse(
      "no requester waits for it",
      "it is `stored`; later a `collect` finds its reply, and `whereabouts` where it is",
    );
  else if (by === "request" && first === "stored")
    refuse(
      "a requester waits for it",
      `\`stored\` is what was sent with \`send\`; the event is \`after: ${alias}.stored\``,
    );
  else if (by === "request" && !several && ofSeveral.includes(first))
    refuse("it asks for one reply", "add `many: true` to the request");
}

/**
 * A responder of the kit drains, pauses and tells of its pulls; a plain one drains. A requester gets replies. An external actor has
 * the events of its link.
 */
export function eventsOfActor(actor: string, { responders, requesters }: ScenarioParts): readonly AnchorEvent[] {
  const known = without(actorEvents, ofResponders);
  if (responders.get(actor)?.kind === "external") return [...known, ...linkEvents.responder];
  if (requesters.get(actor)?.kind === "external") return [...known, ...linkEvents.requester];
  if (!responders.has(actor)) return without(requesters.has(actor) ? requesterEvents : actorEvents, ofResponders);
  const kind = responders.get(actor)?.kind ?? "kit";
  if (kind === "kit") return actorEvents;
  return without(
    actorEvents,
    ofResponders.filter((event) => kind !== "plain" || event !== "drained"),
  );
}

const ofResponders: readonly ActorEventName[] = ["drained", "paused", "resumed", "pull-failed", "pull-recovered"];

const without = (events: readonly ActorEventName[], left: readonly ActorEventName[]) =>
  events.filter((event) => !left.includes(event));

// `on_timeout`: a core request cannot be cancelled, and `expire` needs a newer server.

export function policyFits(policy: string, path: Path, requester: string, parts: ScenarioParts, report: Report): void {
  if (policy === "keep") return;
  if (parts.requesters.get(requester)?.reply === "core")
    report(path, `Expected ${quoted("keep")} for a requester with \`reply: core\`, got ${quoted(policy)}`, {
      hint: "a core request is stored nowhere: there is nothing to take back",
    });
  else if (policy === "expire" && !newEnough(parts.requiredServer))
    report(path, "Expected the scenario to require a server whose messages can expire", {
      hint: 'add `requires: { server: ">=2.11" }`',
    });
}

function newEnough(server: string): boolean {
  const [, major = 0, minor = 0] = /^>=\s*(\d+)\.(\d+)/.exec(server)?.map(Number) ?? [];
  return major > 2 || (major === 2 && minor >= 11);
}
