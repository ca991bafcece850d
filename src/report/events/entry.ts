// Event entry: what the table of events says of one event type, and the shapes and texts that several entries share.
import type { EventType } from "../../history/event.js";
import type { EventOf } from "../../history/select.js";
import type { MessageRoutes } from "../message-routes.js";
import type { RunNames } from "../run-names.js";
import { plain } from "../text-layout.js";

export type Tone = "good" | "bad" | "quiet";

export interface EventEntry<T extends EventType> {
  /** Its line in the story. Absent or undefined: the story leaves the event out. */
  story?: (event: EventOf<T>, names: RunNames) => StoryText | undefined;
  /** Its row in the HTML diagram. Absent: a mark with the story's text. */
  diagram?: "hidden" | ((event: EventOf<T>, routes: MessageRoutes) => Shape | undefined);
  /** Its line in the Mermaid diagram, which holds no message numbers. Absent: a note with the story's text. */
  mermaid?: "hidden" | "as diagram" | ((event: EventOf<T>, routes: MessageRoutes) => MermaidMark | undefined);
  /** Its sign on the actor's lane in the live view, and the legend's word for it. */
  live?: LiveSign;
  /** What `jsrr respond` prints of it. Absent: nothing. */
  respond?: (event: EventOf<T>) => string;
}

/** One entry for each event type: the compiler asks for it. */
export type EventTable<E extends { type: EventType }> = { [T in E["type"]]: EventEntry<T> };

export interface StoryText {
  text: string;
  tone?: Tone;
  /** The actor or stream that acts, where that is not the actor who recorded it. */
  lane?: string;
}

/** An arrow from one lane of the HTML diagram to another, or without `to` a mark on a lane. */
export interface Shape {
  from: string;
  to?: string;
  label: string;
  tone?: Tone;
  /** An answer of the server, or a message that leaves a stream. */
  dashed?: boolean;
}

/** `lost`: it was sent, and never arrived. */
export type MermaidMark =
  | { from: string; to: string; text: string; style: "request" | "reply" | "lost" }
  | { over: string; text: string };

export interface LiveSign {
  sign: string;
  meaning: string;
  tone: Tone;
}

export const serverLane = "server";

export const mark = (from: string, label: string, tone?: Tone): Shape => ({ from, label, tone });

/** A mark on the end that is known, where only one is. */
export function arrow(
  from: string | undefined,
  to: string | undefined,
  label: string,
  tone?: Tone,
  line?: "dashed",
): Shape {
  const dashed = line === "dashed";
  if (from === undefined || to === undefined || from === to)
    return { from: to ?? from ?? serverLane, label, tone, dashed };
  return { from, to, label, tone, dashed };
}

export const note = (over: string, text: string): MermaidMark => ({ over, text });

export const line = (from: string, to: string, text: string, style: "request" | "reply" | "lost"): MermaidMark => ({
  from,
  to,
  text,
  style,
});

/** `ok 🥪` */
export const replyText = (event: { status: string; payload: string }, longest?: number) =>
  plain(`${event.status} ${event.payload}`.trimEnd(), longest);

/** `part 2 🍨` */
export const partText = ({ part, payload = "" }: { part: number; payload?: string }, longest?: number) =>
  `part ${part} ${plain(payload, longest)}`.trimEnd();

export const statusTone = ({ status }: { status: string }): Tone => (status === "ok" ? "good" : "bad");

/** The last word of a subject. */
export const lastToken = ({ subject }: { subject: string }) => plain(subject.slice(subject.lastIndexOf(".") + 1));
