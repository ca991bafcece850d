// Broken services: programs on the public client with one fault each, what is asked of them, and the check that finds the fault.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CheckName } from "../internal/history.js";

export interface BrokenService {
  /** Its file in test/fixtures/broken/services. */
  name: string;
  check: CheckName;
  /** Steps of the scenario. Default: one request with the payload `green tea`, until it is acked. */
  timeline?: string;
  /** The keys of `setup`. Default: an ack wait of 5 s. */
  setup?: string;
  /** How the reply reaches its requester. Default: in its mailbox. */
  reply?: "mailbox" | "inbox";
}

const ask = (as: string, payload = "green tea", more = "") =>
  `  - request: { from: alice, order: order-tea, as: ${as}, payload: ${payload}${more} }\n  - { after: ${as}.stored, within: 20s, wait: 1ms }\n`;
const until = (event: string, more = "wait: 1ms") => `  - { after: "${event}", within: 20s, ${more} }\n`;

const three = ["tea", "coffee", "juice"];
const allAcked = three.map((as) => until(`${as}.acked`)).join("");
/** All are stored before the service starts. */
const inOneBatch = (...names: string[]) => `  - stop: bob\n${names.map((as) => ask(as, as)).join("")}  - start: bob\n`;

export const brokenServices: BrokenService[] = [
  { name: "acks-twice", check: "right-end" },
  { name: "naks-after-reply", check: "right-end" },
  { name: "terminates-after-reply", check: "right-end", timeline: ask("tea") + until("tea.terminated") },
  { name: "replies-twice", check: "no-duplicate-replies", reply: "inbox" },
  {
    name: "replies-on-each-delivery",
    check: "no-duplicate-replies",
    reply: "inbox",
    timeline: ask("tea") + until("alice.orphaned-reply"),
    setup: "ack_wait: 300ms",
  },
  { name: "writes-wrong-id", check: "no-phantom-replies" },
  { name: "answers-unasked", check: "no-phantom-replies" },
  { name: "replies-without-storing", check: "no-phantom-replies" },
  {
    name: "exchanges-replies",
    check: "reply-matches",
    timeline: inOneBatch("tea", "coffee") + until("tea.acked") + until("coffee.acked"),
  },
  { name: "cuts-payload", check: "reply-matches" },
  { name: "hides-errors", check: "reply-matches" },
  { name: "replies-progress", check: "reply-matches" },
  {
    name: "repeats-old-reply",
    check: "right-address",
    timeline: ask("tea") + until("tea.acked") + ask("coffee") + until("coffee.acked"),
  },
  { name: "answers-before-effect", check: "effect-before-reply" },
  {
    name: "is-always-in-progress",
    check: "no-endless-work",
    timeline: `${ask("tea") + until("tea.delivered", "wait: 1200ms")}`,
    setup: "ack_wait: 300ms",
  },
  { name: "says-expired", check: "status-true", timeline: ask("tea") + until("tea.terminated") },
  { name: "replies-to-gone-inbox", check: "reply-before-ack" },
  { name: "drops-every-third", check: "no-silent-end", timeline: three.map((as) => ask(as)).join("") + allAcked },
  { name: "acks-another", check: "reply-before-ack", timeline: inOneBatch("tea", "coffee") + until("coffee.acked#2") },
  { name: "makes-own-consumer", check: "setup-kept" },
  { name: "purges-replies", check: "setup-kept" },
  {
    name: "deletes-own-reply",
    check: "no-lost-replies",
    timeline:
      "  - send: { from: alice, order: order-tea, as: tea, payload: green tea }\n" +
      until("tea.acked", "eventually: { stream.REPLIES.messages: 0 }"),
  },
  {
    name: "acks-at-sigterm",
    check: "no-silent-end",
    timeline: `${ask("tea") + until("tea.delivered")}  - stop: bob\n`,
  },
  { name: "begins-with-newest", check: "order-kept", timeline: inOneBatch(...three) + allAcked },
  {
    name: "counts-missing-part",
    check: "parts-complete",
    timeline: ask("tea", "green tea", ", many: {}") + until("tea.acked"),
  },
  {
    name: "naks-last-delivery",
    check: "no-stuck-messages",
    timeline: ask("tea") + until("tea.returned#2", "eventually: { advisory.max-deliver: 1 }"),
    setup: "max_deliver: 2",
  },
];

export const serviceFile = (name: string) =>
  fileURLToPath(new URL(`../fixtures/broken/services/${name}.js`, import.meta.url));

/** What it does wrong: the comment at the top of its file. */
export const faultOf = (name: string) => /^\/\/ (.*)$/m.exec(readFileSync(serviceFile(name), "utf8"))?.[1] ?? "";

/** Every check that says something of a single responder. `no-endless-work` allows three ack waits. */
export const judged: CheckName[] = [
  ...(["no-lost-requests", "no-lost-replies", "no-phantom-replies", "no-duplicate-replies"] as const),
  ...(["no-duplicate-executions", "no-late-execution", "no-stuck-messages", "no-silent-end", "no-storm"] as const),
  ...(["reply-before-ack", "right-address", "right-end", "effect-before-reply", "status-true", "setup-kept"] as const),
  ...(["nothing-answered-left", "sources-agree", "order-kept", "parts-complete"] as const),
  ...(["acks-honoured", "ack-wait-kept", "delivery-counts", "pubacks-true"] as const),
];

export const scenarioFor = ({
  timeline = ask("tea") + until("tea.acked"),
  setup = "ack_wait: 5s",
  reply = "mailbox",
}: Partial<BrokenService>) => `
scenario: test
question: Does a check find it?
answer: One does.
setup: { ${setup} }
requesters: { alice: { timeout: 3s, reply: ${reply} } }
responders: { bob: { kind: external } }
timeline:
${timeline}
check: [${judged.join(", ")}, no-endless-work: { at_most: 3 }, reply-matches: { order-tea: "{payload}" }]`;
