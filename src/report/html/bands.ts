// When something was broken: faults from injected to healed, actors from their death to their return.
import type { HistoryEvent } from "../../history/event.js";
import { shown } from "./markup.js";

export interface Band {
  label: string;
  /** The actor, stream or server that it was on. */
  on: string;
  /** Microseconds on the run's clock. */
  from: number;
  to: number;
  /** A fault was meant; an absence is one who was stopped and came back. */
  kind: "fault" | "absence";
}

/** Events of a fault, from whatever version of the kit recorded them: only `fault` is certain to be there. */
export interface FaultEvent {
  type: "fault-injected" | "fault-healed";
  fault: string;
  on?: string;
  /** What the laboratory did: `freezes bob`. */
  what?: string;
  id?: string | number;
}

/** The event as one of a fault, where it is one. */
export function faultOf(event: HistoryEvent): FaultEvent | undefined {
  const loose = event as unknown as Record<string, unknown>;
  const isFault = loose.type === "fault-injected" || loose.type === "fault-healed";
  if (!isFault || typeof loose.fault !== "string") return undefined;
  return event as unknown as FaultEvent;
}

/** What a fault was on: it says so, or names somebody that is known; else it was the server. */
export function placeOf({ type, fault, on, what = "" }: FaultEvent, events: readonly HistoryEvent[]): string {
  if (on !== undefined) return on;
  if (type === "fault-healed" && what === "") {
    const injected = events.map(faultOf).findLast((e) => e?.type === "fault-injected" && e.fault === fault);
    if (injected) return placeOf(injected, events);
  }
  const words = new Set(what.split(/[^\w-]+/));
  const known = events.flatMap((e) =>
    e.type === "actor-started" ? [e.name] : e.type === "setup-applied" ? e.streams : [],
  );
  return known.find((name) => words.has(name)) ?? "server";
}

/** What was never healed or never came back lasts to the end of the run. */
export function bandsOf(events: readonly HistoryEvent[]): Band[] {
  const end = events.at(-1)?.t ?? 0;
  const open = new Map<string, Band>();
  const bands: Band[] = [];
  let restarting: number | undefined;
  const begin = (key: string, band: Omit<Band, "to">) => {
    const begun = { ...band, to: end };
    open.set(key, begun);
    bands.push(begun);
  };
  const finish = (key: string, t: number) => {
    const band = open.get(key);
    if (band) band.to = t;
    open.delete(key);
  };
  for (const event of events) {
    const fault = faultOf(event);
    if (fault) {
      const on = placeOf(fault, events);
      const key = `fault ${fault.id ?? `${fault.fault} ${fault.on ?? ""}`}`;
      if (fault.type === "fault-healed") finish(key, event.t);
      else begin(key, { label: shown(fault.what ?? fault.fault), on, from: event.t, kind: "fault" });
    } else if (event.type === "actor-crashed") {
      begin(event.name, {
        label: `${shown(event.name)} is dead`,
        on: event.name,
        from: event.t,
        kind: "fault",
      });
    } else if (event.type === "actor-stopped" && !open.has(event.name)) {
      begin(event.name, {
        label: `${shown(event.name)} is away`,
        on: event.name,
        from: event.t,
        kind: "absence",
      });
    } else if (event.type === "actor-started") finish(event.name, event.t);
    else if (event.type === "step" && event.step === "restart") restarting = event.t;
    else if (event.type === "server-restarted") {
      // Recorded when the server is back; it went down after the step that says so.
      const from = restarting ?? event.t;
      bands.push({ label: "server restarts", on: "server", from, to: event.t, kind: "fault" });
    }
  }
  // Who leaves at the end of a run and does not come back is not missing.
  return bands.filter((band) => band.kind === "fault" || band.to < end);
}
