// What is known at one step of a timeline: who runs, and which requests have been sent.
import type { Strategy } from "../history/event.js";
import { actorNames, type Cast } from "./cast.js";
import { type Path, pathText, quoted, type Report } from "./finding.js";
import { didYouMean } from "./nearest.js";

export interface World {
  draft: Cast;
  report: Report;
  /** Absent: not known, since a step with mistakes may have changed it. */
  online: Map<string, boolean>;
  /**
   * Each request so far: the path of the step that sent it and its requester, where that could be read, and by which verb,
   * where the file gives it no id. One that was published by hand has no requester.
   */
  sent: Map<
    string,
    {
      step: Path;
      from: string | undefined;
      byHand?: true;
      by?: "request" | "send" | undefined;
      /** It asks for several replies. */
      several?: boolean;
    }
  >;
  /** The ids that the file gives to requests, so far. */
  ids: Set<string>;
  /** Of the responders; absent as above. */
  paused: Map<string, boolean>;
  /** Those that a fault froze, and nothing but a `heal` thaws. */
  frozen: Set<string>;
  /** The faults so far. */
  injected: Set<string>;
  /** The names of all the file's requests, later ones too. */
  aliases: Set<string>;
  /** Walks steps inside a step, in their order. */
  walkSteps: (steps: readonly unknown[], path: Path) => void;
}

export function worldOf(
  draft: Cast,
  aliases: Set<string>,
  report: Report,
  walkSteps: World["walkSteps"],
): World {
  const actors = [...draft.requesters, ...draft.responders, ...draft.services];
  const online = new Map(actors.flatMap(([name, settings]) => (settings ? [[name, settings.online]] : [])));
  for (const [name, settings] of draft.responders)
    if (settings?.crash && settings.online) online.delete(name);
  const paused = new Map([...draft.responders.keys()].map((name) => [name, false]));
  const sent: World["sent"] = new Map();
  return {
    draft,
    report,
    online,
    paused,
    sent,
    ids: new Set(),
    frozen: new Set(),
    injected: new Set(),
    aliases,
    walkSteps,
  };
}

export const strategyOf = (world: World, requester: string | undefined): Strategy | undefined =>
  requester === undefined ? undefined : world.draft.requesters.get(requester)?.reply;

export function requireRequester(world: World, path: Path, name: string): void {
  const known = [...world.draft.requesters.keys()];
  if (known.includes(name)) requireOnline(world, path, name);
  else unknownName(world, path, "a requester", name, known);
}

export function requireActor(world: World, path: Path, name: string): boolean {
  const known = actorNames(world.draft);
  if (known.includes(name)) return true;
  unknownName(world, path, "a requester, responder or service", name, known);
  return false;
}

/** False where nothing can be said of it. */
export function requireKitResponder(world: World, path: Path, name: string): boolean {
  const known = [...world.draft.responders.keys()];
  if (!known.includes(name)) {
    unknownName(world, path, "a responder", name, known);
    return false;
  }
  if (world.draft.responders.get(name)?.kind === "plain") {
    world.report(path, `Expected a responder of the kit, got ${quoted(name)}: it has \`kind: plain\``);
    return false;
  }
  requireOnline(world, path, name);
  return true;
}

export function requireSent(world: World, path: Path, alias: string): boolean {
  if (world.sent.has(alias)) return true;
  const where = `\`${pathText(path)}\``;
  if (world.aliases.has(alias))
    world.report(path, `Expected ${where} to come after the request ${quoted(alias)}`);
  else unknownName(world, path, "an earlier request", alias, [...world.sent.keys()]);
  return false;
}

/** Of one that was published by hand nobody has the handle. */
export function requireRequested(world: World, path: Path, alias: string): boolean {
  if (!requireSent(world, path, alias)) return false;
  if (!world.sent.get(alias)?.byHand) return true;
  world.report(
    path,
    `Expected a request that a requester sent, got ${quoted(alias)}: it is published by hand`,
  );
  return false;
}

/** `path` ends in the verb, and `as` stands below it. */
export function requireOwnName(alias: string, path: Path, world: World): void {
  const earlier = world.sent.get(alias)?.step;
  const step = pathText(path.slice(0, -1));
  const actor = actorNames(world.draft).includes(alias) ? "an actor has it" : undefined;
  // A step that is repeated sends the same request again: all of them go by one name.
  const owner = earlier && pathText(earlier) !== step ? `\`${pathText(earlier)}\` has it` : actor;
  if (owner)
    world.report(
      [...path, "as"],
      `Expected a name of its own for the request, got ${quoted(alias)}: ${owner}`,
    );
}

function requireOnline(world: World, path: Path, name: string): void {
  // Of steps at the same time, one may thaw who is frozen.
  if (world.frozen.has(name) && !path.includes("together"))
    world.report(path, `Expected ${quoted(name)} not to be frozen at this step: the step would never end`, {
      hint: "`heal: pause-actor` comes first, or `for` next to the fault",
    });
  if (world.online.get(name) !== false) return;
  world.report(path, `Expected ${quoted(name)} to be running at this step: it is not`, {
    hint: `start it first: \`start: ${name}\``,
  });
}

function unknownName(world: World, path: Path, what: string, name: string, known: string[]): void {
  const hint = didYouMean(name, known, "known here") ?? "there is none here";
  world.report(path, `Expected \`${pathText(path)}\` to name ${what}, got ${quoted(name)}`, { hint });
}
