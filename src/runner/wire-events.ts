// Wire events: the events of an actor that records none itself, read from the operations on its link.
import type { MsgHdrs } from "@nats-io/nats-core";
import type { EventBody } from "../history/event.js";
import { longestPayload } from "../history/recorder.js";
import type { Direction, LinkConnection, LinkReader, Operation, Passage } from "../link/index.js";
import { detect } from "../protocol/dialects/index.js";
import { identity } from "../protocol/dialects/kit.js";
import type { Status } from "../protocol/events.js";
import { payloadText } from "../protocol/header-block.js";
import { readStatus } from "../protocol/headers.js";
import type { QueueNames } from "../protocol/subjects.js";
import { readAckAddress } from "../responder/delivery.js";
import type { WireCrashPoint } from "../scenario/model.js";
import { type LinkCredentials, withLogin } from "./link-login.js";

/** A service publishes here when a request has had its effect: `lab.effect.<request id>`. */
export const effectSubject = "lab.effect.";

/** What the first word on an ack address does to the delivery. `+WPI` ends none. */
export const ackWords: Partial<Record<string, "acked" | "returned" | "terminated">> = {
  "": "acked",
  "+ACK": "acked",
  "+NXT": "acked",
  "-NAK": "returned",
  "+TERM": "terminated",
};

const lostPubAck = "the connection was lost before its PubAck";

/** Milliseconds from the end of a process until its link is read to the end. */
const lastBytesMs = 1_000;

interface WireEventsOptions {
  /** For clients that give none. */
  credentials: LinkCredentials | undefined;
  names: QueueNames;
  record(event: EventBody): void;
  /** Where the actor is killed, at the first delivery of a request. */
  crash?: WireCrashPoint | undefined;
  /** The bytes are no NATS protocol, as on a connection with TLS. */
  onUnreadable?(): void;
  /** Kills the actor, at once. */
  kill(): void;
}

/** A request that was delivered on this link. `ended`: by an ack, a NAK or a termination. */
interface Delivered {
  request: string;
  delivery: number;
  replyTo: string | undefined;
  ended?: true;
}

/** A publish that waits for its PubAck. */
type Confirmed =
  | { of: "request"; request: string }
  | {
      of: "reply";
      request: string;
      status: Status;
      to: string;
      payload: string;
      headers: Record<string, string> | undefined;
    };

/**
 * - `delivered`: a message of REQUESTS with an ack address goes to the actor.
 * - `replied`: the server confirms the storing of a reply, or the actor publishes it to a core subject.
 * - `acked`, `returned`, `terminated`: the actor publishes to the ack address.
 * - `executed`: the actor publishes to `lab.effect.<request id>`.
 * - `requested`, `stored`, `received`, `collected`: of an actor that sends requests.
 *
 * An event is recorded right before the operation is passed on, so that no effect of it comes earlier in the history.
 */
export class WireEvents implements LinkReader {
  readonly #options: WireEventsOptions;
  /** By ack address. */
  readonly #deliveries = new Map<string, Delivered>();
  /** The last delivery of each request, and the last one with each reply address. */
  readonly #last = new Map<string, Delivered>();
  readonly #byAddress = new Map<string, Delivered>();
  /** By the reply subject of the publish. */
  readonly #confirmed = new Map<string, Confirmed>();
  /** The requests that the actor sent, by their reply addresses. */
  readonly #sent = new Map<string, string>();
  readonly #connected = new Set<LinkConnection>();
  /**
   * - `ending`: the runner ends the actor. What it still does is recorded; that its connection closes is not.
   * - `crashed`: it was killed at its crash point. Nothing passes any more.
   * - `ended`: what its link still carries is no event of it.
   */
  #state: "running" | "ending" | "crashed" | "ended" = "running";
  /** It was connected before, and is not now. */
  #away = false;
  #pulled = (): void => {};
  #opened = (): void => {};
  /** Resolves with the first pull request of the actor. */
  readonly firstPull = new Promise<void>((resolve) => {
    this.#pulled = resolve;
  });
  #quiet = (): void => {};
  /** Resolves when its last connection is closed, after the runner began to end it. */
  readonly #isQuiet = new Promise<void>((resolve) => {
    this.#quiet = resolve;
  });
  /** Resolves with its first connection. */
  readonly firstConnection = new Promise<void>((resolve) => {
    this.#opened = resolve;
  });

  constructor(options: WireEventsOptions) {
    this.#options = options;
  }

  operation(operation: Operation, direction: Direction, connection: LinkConnection): Passage {
    if (this.#state === "crashed") return "lose";
    if (this.#state === "ended") return "pass";
    if (operation.verb === "CONNECT") return this.#onConnect(operation, connection);
    if (operation.verb === "") this.#options.onUnreadable?.();
    if (operation.subject === undefined) return "pass";
    return direction === "to-server" ? this.#onPublish(operation) : this.#onMessage(operation);
  }

  /** The runner begins to end the actor. */
  ending(): void {
    this.#state = "ending";
  }

  /**
   * The actor has ended. Resolves when what it sent last has passed its link, or after a second: a fault of the link can hold it
   * back for longer.
   */
  async ended(): Promise<void> {
    if (this.#state === "crashed") return;
    this.#state = "ending";
    if (this.#connected.size > 0) {
      const late = setTimeout(() => this.#quiet(), lastBytesMs);
      await this.#isQuiet;
      clearTimeout(late);
    }
    this.#state = "ended";
  }

  closed(connection: LinkConnection): void {
    if (!this.#connected.delete(connection) || this.#connected.size > 0) return;
    if (this.#state === "ending") this.#quiet();
    if (this.#state !== "running") return;
    this.#away = true;
    this.#options.record({ type: "disconnected", server: "its link" });
    this.#unconfirmed();
  }

  /** The PubAcks of the lost connection never come: each of these replies may be stored or not. */
  #unconfirmed(): void {
    for (const publish of this.#confirmed.values()) {
      const { of, request } = publish;
      if (of === "reply") this.#options.record({ type: "reply-refused", request, reason: lostPubAck });
    }
    this.#confirmed.clear();
  }

  #onConnect(connect: Operation, connection: LinkConnection): Passage {
    this.#connected.add(connection);
    this.#opened();
    if (this.#away) this.#options.record({ type: "reconnected" });
    this.#away = false;
    const { credentials } = this.#options;
    return credentials ? withLogin(connect, credentials, connection.clientPort) : "pass";
  }

  // From the server to the actor.

  #onMessage(message: Operation): "pass" | "lose" {
    const ack = message.replyTo?.startsWith("$JS.ACK.") ? readAckAddress(message.replyTo) : undefined;
    if (ack?.stream === this.#options.names.requestStream) return this.#onDelivery(message, ack);
    const confirmed = this.#confirmed.get(message.subject as string);
    if (confirmed) return this.#onPubAck(message, confirmed);
    this.#onReply(message);
    return "pass";
  }

  #onDelivery(message: Operation, ack: ReturnType<typeof readAckAddress>): "pass" | "lose" {
    const { sequence, deliveryCount: delivery } = ack;
    const { subject, headers, replyTo } = message as Required<Operation>;
    const addressed = detect({ subject, headers });
    const request = identity(headers) ?? addressed?.id ?? `${this.#options.names.requestStream}-${sequence}`;
    const one: Delivered = { request, delivery, replyTo: addressed?.replyTo };
    this.#deliveries.set(replyTo, one);
    this.#last.set(request, one);
    if (one.replyTo !== undefined) this.#byAddress.set(one.replyTo, one);
    this.#options.record({ type: "delivered", request, subject, sequence, delivery });
    return this.#crashAt("after-delivery", one, "pass");
  }

  #onPubAck({ subject, payload, headers }: Operation, confirmed: Confirmed): "pass" | "lose" {
    this.#confirmed.delete(subject as string);
    const ack = json(payload);
    const stream = ack?.stream;
    const sequence = ack?.seq;
    // A refusal names the stream, too, with the sequence 0.
    if (ack?.error || typeof stream !== "string" || typeof sequence !== "number") {
      const reason = ack?.error?.description ?? `status ${headers?.code ?? "unknown"}`;
      if (confirmed.of === "request")
        this.#options.record({ type: "request-failed", request: confirmed.request, error: reason });
      else
        this.#options.record({ type: "reply-refused", request: confirmed.request, reason, headers: confirmed.headers });
      return "pass";
    }
    if (confirmed.of === "request") {
      const duplicate = ack?.duplicate === true;
      this.#options.record({ type: "stored", request: confirmed.request, stream, sequence, duplicate });
      return "pass";
    }
    const { of, ...reply } = confirmed;
    this.#options.record({ type: "replied", ...reply, stream, sequence });
    return this.#crashAt("after-reply", this.#last.get(reply.request), "lose");
  }

  /** A reply to a request of the actor: on its reply address, or read from the stream that keeps it. */
  #onReply({ subject, headers, payload }: Operation): void {
    const address = this.#mailboxOf(subject as string);
    // The answer to a direct get names the subject of the stored message; a republished message does, too.
    const stored = address === subject ? headers?.get("Nats-Subject") || undefined : undefined;
    const request = this.#sent.get(stored ?? address);
    if (request === undefined) return;
    const reply = { request, status: readStatus(headers), payload: textOf(payload) };
    const sequence = Number(headers?.get("Nats-Sequence"));
    if (stored !== undefined) this.#options.record({ type: "collected", ...reply, sequence });
    else this.#options.record({ type: "received", ...reply, late: false });
  }

  // From the actor to the server.

  #onPublish(publish: Operation): "pass" | "lose" {
    const { names } = this.#options;
    const subject = publish.subject as string;
    const delivered = this.#deliveries.get(subject);
    if (delivered) return this.#onAck(publish, delivered);
    if (subject.startsWith(`${names.apiPrefix}.CONSUMER.MSG.NEXT.`)) this.#pulled();
    else if (subject.startsWith(effectSubject)) this.#onEffect(subject.slice(effectSubject.length));
    else if (names.isRequest(subject)) this.#onRequest(publish);
    else if (changesSetup(subject, names)) this.#options.record({ type: "setup-changed", subject });
    else return this.#onReplyTo(publish);
    return "pass";
  }

  #onAck({ payload }: Operation, delivered: Delivered): "pass" | "lose" {
    const { request } = delivered;
    const [word = "", ...rest] = textOf(payload).split(" ");
    const type = ackWords[word];
    if (type === undefined) return "pass";
    if (type === "acked" && !delivered.ended) {
      if (this.#crashAt("before-ack", delivered, "lose") === "lose") {
        this.#options.record({ type: "reported", request, event: "acked" });
        return "lose";
      }
      this.#options.record({ type, request });
      this.#crashAt("after-ack", delivered, "pass");
    } else if (type === "acked") this.#options.record({ type, request });
    else this.#options.record({ type, request, reason: rest.join(" ") || word });
    delivered.ended = true;
    return "pass";
  }

  #onEffect(request: string): void {
    const delivery = this.#last.get(request)?.delivery ?? 1;
    this.#options.record({ type: "executed", request, delivery });
  }

  #onRequest({ subject, headers, payload, replyTo }: Operation): void {
    const addressed = detect({ subject: subject as string, headers });
    const request = identity(headers) ?? addressed?.id;
    if (request === undefined || addressed === undefined) return;
    const strategy = this.#options.names.isKept(addressed.replyTo) ? "mailbox" : "inbox";
    this.#sent.set(addressed.replyTo, request);
    const text = textOf(payload);
    this.#options.record({
      type: "requested",
      request,
      subject: subject as string,
      strategy,
      headers: protocolHeaders(headers),
      ...(text.length <= longestPayload && { payload: text }),
    });
    if (replyTo) this.#confirmed.set(replyTo, { of: "request", request });
  }

  /** A publish to the reply address of a request that was delivered here. */
  #onReplyTo({ subject, headers, payload, replyTo }: Operation): "pass" | "lose" {
    const to = subject as string;
    const delivered = this.#answered(to, headers && identity(headers));
    if (!delivered) return "pass";
    const { request } = delivered;
    if (this.#crashAt("before-reply", delivered, "lose") === "lose") {
      this.#options.record({ type: "reported", request, event: "replied" });
      return "lose";
    }
    const status = readStatus(headers);
    const reply = { request, status, to, payload: textOf(payload), headers: protocolHeaders(headers) };
    if (replyTo) {
      this.#confirmed.set(replyTo, { of: "reply", ...reply });
      return "pass";
    }
    this.#options.record({ type: "replied", ...reply });
    return this.#crashAt("after-reply", delivered, "pass");
  }

  /** REPLIES republishes `replies.alice.7` on `replied.alice.7`. */
  #mailboxOf(subject: string): string {
    const { republishPrefix, replyPrefix } = this.#options.names;
    return subject.startsWith(republishPrefix) ? replyPrefix + subject.slice(republishPrefix.length) : subject;
  }

  /** By its address, which several requests may have in common, and then by its id. */
  #answered(to: string, id: string | undefined): Delivered | undefined {
    const named = id === undefined ? undefined : this.#last.get(id);
    return named && (named.replyTo === to || this.#options.names.isKept(to)) ? named : this.#byAddress.get(to);
  }

  /** @returns `before` if the actor is killed now, else `pass`. */
  #crashAt(point: WireCrashPoint, delivered: Delivered | undefined, then: "pass" | "lose"): "pass" | "lose" {
    if (this.#options.crash !== point || delivered?.delivery !== 1 || this.#state === "crashed") return "pass";
    // What is passed on now still goes out; nothing after it does.
    this.#state = "crashed";
    this.#options.kill();
    return then;
  }
}

/** Whether a call of the JetStream API purges, deletes or adds what a responder has to leave as it is. */
function changesSetup(subject: string, { apiPrefix, consumer, ...names }: QueueNames): boolean {
  const api = `${apiPrefix}.`;
  if (!subject.startsWith(api)) return false;
  const call = subject.slice(api.length);
  const streams = [names.requestStream, names.replyStream, names.deadLetterStream];
  const [, stream = ""] = /^STREAM\.(?:PURGE|DELETE|MSG\.DELETE)\.([^.]+)$/.exec(call) ?? [];
  if (streams.includes(stream)) return true;
  const [, what, of, name] = /^CONSUMER\.(DELETE|(?:DURABLE\.)?CREATE)\.([^.]+)(?:\.([^.]+))?/.exec(call) ?? [];
  return of === names.requestStream && (what === "DELETE" || name !== consumer);
}

/** The headers of the server and of the kit: the others are the caller's. */
function protocolHeaders(headers: MsgHdrs | undefined): Record<string, string> | undefined {
  const names = headers?.keys().filter((name) => /^(Nats|Request|Reply)-/.test(name)) ?? [];
  if (!headers || names.length === 0) return undefined;
  return Object.fromEntries(names.map((name) => [name, headers.get(name)]));
}

const textOf = (payload: Buffer | undefined) => (payload ? payloadText(payload) : "");

interface Ack {
  stream?: unknown;
  seq?: unknown;
  duplicate?: unknown;
  error?: { description?: string };
}

function json(payload: Buffer | undefined): Ack | undefined {
  try {
    return JSON.parse(textOf(payload)) as Ack;
  } catch {
    return undefined;
  }
}
