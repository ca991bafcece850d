// Page state: what the events say of each order, responder and fault. Pure: the same events give the same state.
import type { HistoryEvent } from "../src/history/event.js";
import type { Status } from "../src/protocol/events.js";

export type Via = "mailbox" | "inbox";

/** Where an order is. `replied`: its reply is stored, or was sent to an inbox, and has not been received. */
export type Place = "sending" | "queued" | "running" | "replied" | "received" | "failed";

export interface Order {
  id: string;
  as: string;
  /** Below `requests.`, e.g. `order-sandwich`. */
  order: string;
  via: Via;
  place: Place;
  /** Of the responder that has it, or had it last. */
  responder?: string;
  deliveries: number;
  /** How often a handler ran to its end. */
  effects: number;
  status?: Status;
  reply?: string;
  timedOut: boolean;
  /** The tab that sent it was killed. */
  tabKilled: boolean;
  /** The reply was read from the mailbox later. */
  collected: boolean;
  /** Of the request in REQUESTS; 0 until its PubAck comes. */
  sequence: number;
  error?: string;
}

export interface ResponderView {
  name: string;
  state: "running" | "paused" | "stopped" | "killed";
}

export interface State {
  orders: Map<string, Order>;
  /** Events of requests whose own event has not arrived: a responder's can be faster than the requester's. */
  early: Map<string, (HistoryEvent & { request: string })[]>;
  responders: Map<string, ResponderView>;
  /** Faults that are not healed. */
  faults: Set<string>;
  events: HistoryEvent[];
  depths: Record<string, number> | null;
  /** The server runs without the demo: its processes have no buttons, and its responders report no events. */
  isExternal: boolean;
  /** Every event that came: one that comes twice, in a snapshot and again, counts once. */
  seen: Set<string>;
  crashedTabs: number;
}

export const emptyState = (): State => ({
  orders: new Map(),
  early: new Map(),
  responders: new Map(),
  faults: new Set(),
  events: [],
  depths: null,
  isExternal: false,
  seen: new Set(),
  crashedTabs: 0,
});

/** An inbox reply that was sent, and that no process waits for any more. It is stored nowhere. */
export const isLost = (order: Order) =>
  order.via === "inbox" && order.place === "replied" && (order.tabKilled || order.timedOut);

export interface Counters {
  inboxLost: number;
  mailboxLost: number;
  /** Replies in the mailbox that no process has received yet. */
  waiting: number;
  effectsOnce: number;
  effectsTwice: number;
}

export function counters({ orders }: State): Counters {
  const all = [...orders.values()];
  return {
    inboxLost: all.filter(isLost).length,
    // A stored reply stays stored: this is counted, and it is never more than 0.
    mailboxLost: all.filter(({ via, place, effects }) => via === "mailbox" && place === "failed" && effects > 0).length,
    waiting: all.filter(({ via, place }) => via === "mailbox" && place === "replied").length,
    effectsOnce: all.filter(({ effects }) => effects === 1).length,
    effectsTwice: all.filter(({ effects }) => effects > 1).length,
  };
}

/** Whether an event is a new one. An actor that is started again counts its events from 1 again, at another time. */
export function isNew({ seen }: State, { actor, n, t }: HistoryEvent): boolean {
  const before = seen.size;
  return seen.add(`${actor} ${n} ${t}`).size > before;
}

/** Adds an event. */
export function apply(state: State, event: HistoryEvent): void {
  state.events.push(event);
  applyToRun(state, event);
  if ("request" in event) applyToOrder(state, event);
}

function applyToRun(state: State, event: HistoryEvent): void {
  const { responders } = state;
  switch (event.type) {
    case "actor-started":
      if (event.role === "responder") responders.set(event.name, { name: event.name, state: "running" });
      break;
    case "actor-stopped":
    case "actor-crashed": {
      const killed = event.type === "actor-crashed";
      if (responders.has(event.name)) {
        responders.set(event.name, { name: event.name, state: killed ? "killed" : "stopped" });
      } else if (killed) {
        state.crashedTabs++;
        for (const order of state.orders.values()) if (order.place !== "received") order.tabKilled = true;
      }
      break;
    }
    case "paused":
    case "resumed": {
      const responder = responders.get(event.actor);
      if (responder) responder.state = event.type === "paused" ? "paused" : "running";
      break;
    }
    case "fault-injected":
      state.faults.add(event.fault);
      break;
    case "fault-healed":
      state.faults.delete(event.fault);
      break;
  }
}

function applyToOrder(state: State, event: HistoryEvent & { request: string }): void {
  const { orders, early } = state;
  if (event.type === "requested" && !orders.has(event.request)) {
    orders.set(event.request, {
      ...{ id: event.request, as: event.as ?? event.request, order: event.subject.replace(/^requests\./, "") },
      ...{ via: event.strategy === "inbox" ? "inbox" : "mailbox", place: "sending", sequence: 0 },
      ...{ deliveries: 0, effects: 0, timedOut: false, tabKilled: false, collected: false },
    });
    const before = early.get(event.request) ?? [];
    early.delete(event.request);
    for (const one of before) applyToOrder(state, one);
    return;
  }
  const order = orders.get(event.request);
  if (!order) {
    early.set(event.request, [...(early.get(event.request) ?? []), event]);
    return;
  }
  switch (event.type) {
    case "stored":
      order.sequence = event.sequence;
      if (order.place === "sending") order.place = "queued";
      break;
    case "delivered":
      order.deliveries = Math.max(order.deliveries, event.delivery);
      order.responder = event.actor;
      if (order.place === "sending" || order.place === "queued") order.place = "running";
      break;
    case "returned":
      if (order.place === "running") order.place = "queued";
      break;
    case "executed":
      order.effects++;
      break;
    case "replied":
      order.status ??= event.status;
      order.reply ??= event.payload;
      if (order.place !== "received") order.place = "replied";
      break;
    case "received":
    case "collected":
      order.place = "received";
      order.status = event.status;
      order.reply = event.payload;
      order.collected = event.type === "collected";
      break;
    case "timed-out":
      order.timedOut = true;
      break;
    case "request-failed":
      if (!event.open) order.place = "failed";
      order.error = event.error;
      break;
  }
}
