// Anchors: the events that steps wait for, such as `lunch.stored`, `lunch.delivered#2` or `bob.drained`.
import { didYouMean } from "../common/did-you-mean.js";
import { type Path, pathText, quoted } from "./diagnostic.js";
import { type Anchor, type AnchorEvent, requestEvents } from "./model.js";
import { actorNames, checkAwaited, eventsOfActor, type TimelineState } from "./timeline-state.js";

const anchorPattern = /^([a-z][a-z0-9-]*)\.([a-z][a-z-]*)(?:#([1-9]\d{0,5}))?$/;

/** `undefined` for a text that is not an anchor. `checkAnchor` knows which events exist. */
export function parseAnchor(text: string): Anchor | undefined {
  const [, of, event, count] = anchorPattern.exec(text) ?? [];
  if (of === undefined || event === undefined) return undefined;
  return { of, event: event as AnchorEvent, count: Number(count ?? 1) };
}

export function checkAnchor(text: string, path: Path, state: TimelineState): void {
  const where = `\`${pathText(path)}\``;
  const anchor = parseAnchor(text);
  if (anchor === undefined) {
    state.report(
      path,
      `Expected ${where} to be an event like "lunch.stored" or "lunch.delivered#2", got ${quoted(text)}`,
    );
    return;
  }
  const actors = actorNames(state.parts);
  if (state.sent.has(anchor.of)) {
    requireEvent(anchor, "a request", requestEvents, path, state);
    const stored = anchor.event === "stored" && !state.sent.get(anchor.of)?.byHand;
    if (!stored) checkAwaited(anchor.of, anchor.event, path, state);
  } else if (actors.includes(anchor.of))
    requireEvent(anchor, "an actor", eventsOfActor(anchor.of, state.parts), path, state);
  else if (state.aliases.has(anchor.of))
    state.report(path, `Expected ${where} to come after the request ${quoted(anchor.of)}`);
  else {
    const hint = didYouMean(anchor.of, [...state.sent.keys(), ...actors], "known here");
    state.report(path, `Expected ${where} to be an event of a request or an actor, got ${quoted(text)}`, { hint });
  }
}

function requireEvent(
  anchor: Anchor,
  what: string,
  events: readonly AnchorEvent[],
  path: Path,
  state: TimelineState,
): void {
  if (events.includes(anchor.event)) return;
  const hint = didYouMean(anchor.event, events, `events of ${what}`);
  state.report(path, `Expected \`${pathText(path)}\` to name an event of ${what}, got ${quoted(anchor.event)}`, {
    hint,
  });
}
