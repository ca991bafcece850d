// The panels of the page: one for each part of the system, from the requester on the left to the mailbox on the right.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Click } from "../src/demo/clicks.js";
import { responders as pool, unmatchedOrder } from "../src/demo/messages.js";
import { counters, isLost, type Order, type ResponderView, type State, type Via } from "./state.js";

export const menu = [
  { order: "order-sandwich", sign: "🥪", label: "sandwich" },
  { order: "order-bagel", sign: "🥯", label: "bagel" },
  { order: "order-flatbread", sign: "🥙", label: "flatbread" },
  { order: unmatchedOrder, sign: "🍵", label: "tea" },
] as const;

const signOf = (order: string) => menu.find((entry) => entry.order === order)?.sign ?? "✉️";

/** More orders than this are a number: a thousand elements would freeze a frame. */
const mostShown = 48;

export type Act = (click: Click) => void;

function Panel({
  id,
  title,
  note,
  children,
}: {
  id: string;
  title: string;
  note: string;
  children: ComponentChildren;
}) {
  return (
    <section class={`panel ${id}`} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      <p class="note">{note}</p>
      {children}
    </section>
  );
}

interface RequesterProps {
  /** The requester of this tab is connected. */
  ready: boolean;
  state: State;
  via: readonly Via[];
  onVia(via: readonly Via[]): void;
  onOrder(order: string, count: number): void;
  onKill(): void;
}

const choices: { via: readonly Via[]; label: string }[] = [
  { via: ["mailbox"], label: "mailbox" },
  { via: ["inbox"], label: "inbox" },
  { via: ["mailbox", "inbox"], label: "both" },
];

export function RequesterPanel({ ready, state, via, onVia, onOrder, onKill }: RequesterProps) {
  const open = [...state.orders.values()].filter(
    (order) => order.place !== "received" && order.place !== "failed" && !isLost(order),
  );
  return (
    <Panel id="requester" title="You: alice" note="A requester in this tab.">
      <fieldset class="choice">
        <legend>Replies go to</legend>
        {choices.map(({ via: choice, label }) => (
          <label key={label}>
            <input type="radio" name="via" checked={choice.join() === via.join()} onChange={() => onVia(choice)} />
            {label}
          </label>
        ))}
      </fieldset>
      <div class="buttons">
        {menu.map(({ order, sign, label }) => (
          <button key={order} type="button" disabled={!ready} onClick={() => onOrder(order, 1)} data-order={order}>
            <span aria-hidden="true">{sign}</span> {label}
          </button>
        ))}
        <button type="button" disabled={!ready} onClick={() => onOrder("order-sandwich", 50)} data-order="load">
          <span aria-hidden="true">🥪</span> × 50
        </button>
      </div>
      <p class="note">No responder has a handler for tea: it is rejected.</p>
      <button type="button" class="danger" onClick={onKill} data-kill="tab">
        Kill this tab
      </button>
      <p class="note" aria-live="polite">
        {open.length === 0
          ? "No order is open."
          : `${open.length} ${open.length === 1 ? "order is" : "orders are"} open.`}
      </p>
    </Panel>
  );
}

function placeText(order: Order): string {
  if (isLost(order)) return "the reply is lost";
  switch (order.place) {
    case "sending":
      return "sent, no PubAck yet";
    case "queued":
      return order.deliveries > 0 ? "waits for a redelivery" : "waits in REQUESTS";
    case "running":
      return `at ${order.responder}${order.deliveries > 1 ? `, delivery ${order.deliveries}` : ""}`;
    case "replied":
      return order.via === "inbox" ? "reply sent to the inbox" : "reply in the mailbox";
    case "received":
      return `${order.status === "ok" ? "" : `${order.status}: `}${order.collected ? "collected later" : "received"}`;
    case "failed":
      return "could not be sent";
  }
}

function Orders({ orders, empty }: { orders: readonly Order[]; empty: string }) {
  if (orders.length === 0) return <p class="empty">{empty}</p>;
  const shown = orders.slice(-mostShown);
  return (
    <ul class="orders">
      {orders.length > shown.length && <li class="more">{orders.length - shown.length} more</li>}
      {shown.map((order) => (
        <li
          key={order.id}
          class={`order ${order.via} ${isLost(order) ? "lost" : order.place}`}
          data-as={order.as}
          data-id={order.id}
        >
          <span class="sign" aria-hidden="true">
            {order.place === "received" && order.status === "ok" ? order.reply : signOf(order.order)}
          </span>
          <span class="what">
            <b>{order.as}</b>
            <small>{placeText(order)}</small>
          </span>
          {order.effects > 1 && <span class="badge">{order.effects} effects</span>}
        </li>
      ))}
    </ul>
  );
}

export function RequestsPanel({ state }: { state: State }) {
  const waiting = [...state.orders.values()].filter(({ place }) => ["sending", "queued", "running"].includes(place));
  const depth = state.depths?.REQUESTS;
  return (
    <Panel
      id="requests"
      title={`REQUESTS ${depth ?? "?"}`}
      note="The work-queue stream: an order stays until it is acked."
    >
      <Orders orders={waiting} empty={depth === undefined ? "The server does not answer." : "The queue is empty."} />
    </Panel>
  );
}

export function RespondersPanel({ state, act }: { state: State; act: Act }) {
  if (state.isExternal) {
    return (
      <Panel id="responders" title="Responders" note="Those of your server. They report nothing to this page.">
        <p>Start one in a terminal:</p>
        <p>
          <code>npx jsrr respond --server URL</code>
        </p>
      </Panel>
    );
  }
  const known = [...state.responders.values()];
  const cards: ResponderView[] = known.length > 0 ? known : [{ name: "bob", state: "stopped" }];
  const free = (slow: boolean) =>
    pool.find((name) => name.startsWith("slow-") === slow && !cards.some((card) => card.name === name));
  const add = (slow: boolean) => {
    const actor = free(slow);
    if (actor) act({ kind: "start", actor });
  };
  return (
    <Panel id="responders" title="Responders" note="Processes on this machine. Each pulls from REQUESTS.">
      {cards.map((card) => (
        <ResponderCard key={card.name} card={card} state={state} act={act} />
      ))}
      <div class="buttons">
        <button type="button" disabled={!free(false) || serverIsAway(state)} onClick={() => add(false)} data-add="fast">
          + one more
        </button>
        <button type="button" disabled={!free(true) || serverIsAway(state)} onClick={() => add(true)} data-add="slow">
          + a slow one
        </button>
      </div>
    </Panel>
  );
}

/** A responder connects to the server when it starts, and acks there when it stops. */
const serverIsAway = ({ faults }: State) => faults.has("kill-server") || faults.has("pause-server");

function ResponderCard({ card, state, act }: { card: ResponderView; state: State; act: Act }) {
  const actor = card.name as (typeof pool)[number];
  const isAway = serverIsAway(state);
  const here = [...state.orders.values()].filter(({ place, responder }) => place === "running" && responder === actor);
  const buttons: Record<ResponderView["state"], ("start" | "pause" | "resume" | "stop" | "crash")[]> = {
    running: ["pause", "stop", "crash"],
    paused: ["resume", "stop", "crash"],
    stopped: ["start"],
    killed: ["start"],
  };
  const label = { start: "Start", pause: "Pause", resume: "Resume", stop: "Stop", crash: "Kill" };
  const element = useRef<HTMLDivElement>(null);
  const isPressed = useRef(false);
  // The new state takes the pressed button away: the keyboard goes on in this card.
  useLayoutEffect(() => {
    if (isPressed.current && document.activeElement === document.body)
      element.current?.querySelector("button")?.focus();
    isPressed.current = false;
  }, [card.state]);
  const press = (kind: (typeof buttons)["running"][number]) => {
    isPressed.current = true;
    act({ kind, actor });
  };
  return (
    <div class={`card ${card.state}`} data-responder={actor} ref={element}>
      <h3>
        {actor} <small>{card.state}</small>
      </h3>
      <p class="at-work">
        {here.slice(0, 12).map((order) => (
          <span key={order.id} title={order.as}>
            {signOf(order.order)}
          </span>
        ))}
        {here.length > 12 && <span>+{here.length - 12}</span>}
      </p>
      <div class="buttons">
        {buttons[card.state].map((kind) => (
          <button
            key={kind}
            type="button"
            disabled={isAway && (kind === "start" || kind === "stop")}
            class={kind === "crash" ? "danger" : ""}
            aria-label={`${label[kind]} ${actor}`}
            onClick={() => press(kind)}
          >
            {label[kind]}
          </button>
        ))}
      </div>
    </div>
  );
}

export function RepliesPanel({ state }: { state: State }) {
  const done = [...state.orders.values()].filter(({ place }) => ["replied", "received", "failed"].includes(place));
  return (
    <Panel
      id="replies"
      title={`REPLIES ${state.depths?.REPLIES ?? "?"}`}
      note="The mailbox keeps each reply for a day. An inbox keeps nothing."
    >
      <Orders orders={done} empty="No reply yet." />
      <p class="note">DEAD_LETTERS {state.depths?.DEAD_LETTERS ?? "?"}</p>
    </Panel>
  );
}

export function Counters({ state }: { state: State }) {
  const { inboxLost, mailboxLost, waiting, effectsOnce, effectsTwice } = counters(state);
  const cell = (label: string, value: number, tone = "", mark = "") => (
    <div class={`counter ${tone}`}>
      <dt>{label}</dt>
      <dd data-counter={label}>
        {value}
        {mark && <span aria-hidden="true"> {mark}</span>}
      </dd>
    </div>
  );
  return (
    <dl class="counters" aria-live="polite">
      {cell("inbox replies lost", inboxLost, inboxLost > 0 ? "bad" : "", inboxLost > 0 ? "✗" : "")}
      {cell("mailbox replies lost", mailboxLost, mailboxLost === 0 ? "good" : "bad", mailboxLost === 0 ? "✔" : "✗")}
      {cell("in the mailbox, not received", waiting)}
      {!state.isExternal && cell("effects once", effectsOnce)}
      {!state.isExternal && cell("effects twice or more", effectsTwice, effectsTwice > 0 ? "open" : "")}
    </dl>
  );
}

export function ServerControls({ state, act }: { state: State; act: Act }) {
  const [delayMs, setDelay] = useState(0);
  const has = (fault: string) => state.faults.has(fault);
  const toggle = (fault: "kill-server" | "pause-server" | "cut", on: string, off: string) => (
    <button
      type="button"
      class={has(fault) ? "on" : "danger"}
      onClick={() => act({ kind: has(fault) ? "heal" : "inject", fault } as Click)}
      data-fault={fault}
    >
      {has(fault) ? off : on}
    </button>
  );
  const change = (ms: number) => {
    if (has("latency")) act({ kind: "heal", fault: "latency" });
    if (ms > 0) act({ kind: "inject", fault: "latency", delayMs: ms });
  };
  return (
    <fieldset class="server" aria-label="Server and link">
      <span class="group" hidden={state.isExternal}>
        <b>Server</b> {toggle("kill-server", "Kill", "Start again")} {toggle("pause-server", "Freeze", "Continue")}{" "}
        <button
          type="button"
          disabled={has("kill-server") || has("pause-server")}
          onClick={() => act({ kind: "restart" })}
        >
          Restart
        </button>
      </span>
      <span class="group">
        <b>Your link</b> {toggle("cut", "Cut", "Mend")}
        <label>
          latency <output>{delayMs} ms</output>
          <input
            type="range"
            min="0"
            max="1000"
            step="100"
            value={delayMs}
            onInput={(event) => setDelay(Number(event.currentTarget.value))}
            onChange={(event) => change(Number(event.currentTarget.value))}
          />
        </label>
      </span>
    </fieldset>
  );
}
