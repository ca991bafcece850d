// The page's way to the demo: its events, its clicks, and the requesters that run in this tab.
import { wsconnect } from "@nats-io/nats-core";
import { collect, type Handle, Requester, type RequesterEvent } from "../src/browser.js";
import type { Click } from "../src/demo/clicks.js";
import { type Message, type PageConnection, requesters, timeoutMs } from "../src/demo/messages.js";
import type { Order, Via } from "./state.js";

async function post(path: string, body: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(((await response.json()) as { error: string }).error);
}

/** Clicks are carried out one after the other, as the scenario's steps are. @throws why the step is not possible now. */
export function send(click: Click): Promise<void> {
  const sent = clicks.then(() => post("click", click));
  clicks = sent.catch(() => {});
  return sent;
}
let clicks: Promise<void> = Promise.resolve();

/** Events and depths until the page is closed; the browser opens the stream again when it breaks. */
export function listen(onMessage: (message: Message) => void, onBreak: (broken: boolean) => void): void {
  const source = new EventSource("stream");
  source.onmessage = ({ data }) => onMessage(JSON.parse(data));
  source.onopen = () => onBreak(false);
  source.onerror = () => onBreak(true);
}

/** The requesters of this tab: alice with a mailbox, and alice with an inbox. */
export class Tab {
  readonly #byVia: Record<Via, Requester>;
  readonly #nc: Awaited<ReturnType<typeof wsconnect>>;

  static async open(): Promise<Tab> {
    const { inboxPrefix, ...at }: PageConnection = await (await fetch("connection")).json();
    const nc = await wsconnect({
      ...at,
      inboxPrefix,
      name: "alice",
      maxReconnectAttempts: -1,
      waitOnFirstConnect: true,
    });
    // A tab that comes back while the server is away is a requester again when it is connected.
    await send({ kind: "start", actor: requesters.mailbox });
    const open = (reply: Via) => Requester.open(nc, { name: "alice", reply, timeoutMs, observe: record });
    return new Tab(nc, { mailbox: await open("mailbox"), inbox: await open("inbox") });
  }

  private constructor(nc: Awaited<ReturnType<typeof wsconnect>>, byVia: Record<Via, Requester>) {
    this.#nc = nc;
    this.#byVia = byVia;
  }

  /** Resolves when all are settled: with a reply or with a time-out. The events have the outcome. */
  async order(order: string, count: number, via: readonly Via[], as: string): Promise<void> {
    const payload = "";
    const names = via.map((one) => (one === "inbox" ? `${as}-inbox` : as));
    for (const [n, one] of via.entries()) {
      await send({ kind: "request", from: requesters[one], as: names[n] as string, order, payload, count });
    }
    const calls = via.flatMap((one, n) =>
      Array.from({ length: count }, () => this.#byVia[one].request(order, payload, { as: names[n] })),
    );
    await Promise.allSettled(calls);
  }

  /** Waits for the stored replies of orders that an earlier tab sent. A scenario waits at this step, so it is sent at its end. */
  async collect(orders: readonly Order[]): Promise<void> {
    const byName = Map.groupBy(orders, ({ as }) => as);
    await Promise.all(
      [...byName].map(async ([request, same]) => {
        await Promise.all(same.map((order) => this.#collectOne(order)));
        await send({ kind: "collect", request, by: requesters.mailbox });
      }),
    );
  }

  async #collectOne(order: Order): Promise<void> {
    const request = order.id;
    try {
      const reply = await collect(this.#nc, handleOf(order), { timeoutMs: 600_000 });
      if (!reply) return;
      const { status, text: payload, sequence } = reply;
      record({ type: "collected", request, status, payload, sequence });
    } catch (error) {
      record({ type: "not-collected", request, reason: (error as Error).message });
    }
  }
}

const handleOf = ({ id, sequence }: Order): Handle => ({
  ...{ requester: "alice", request: id, stream: "REQUESTS", sequence },
});

export const handleText = (order: Order): string => {
  const { requester, request, stream, sequence } = handleOf(order);
  return `${requester}.${request}.${stream}.${sequence}`;
};

// This tab's events, in batches: a load of a thousand has eight thousand of them.

let unsent: RequesterEvent[] = [];
let posting: Promise<void> = Promise.resolve();

function record(event: RequesterEvent): void {
  unsent.push(event);
  if (unsent.length > 1) return;
  setTimeout(() => {
    const batch = unsent;
    unsent = [];
    posting = posting.then(() => post("events", batch)).catch(() => {});
  }, 8);
}

/** The tab is about to go: nothing of it is awaited. */
export function reportKilled(): void {
  const blob = new Blob([JSON.stringify({ kind: "crash", actor: requesters.mailbox })], { type: "application/json" });
  navigator.sendBeacon("click", blob);
}
