// The calls of a requester process: each is recorded before it begins and after it ends.
import type { NatsConnection } from "@nats-io/nats-core";
import {
  AlreadyWaitingError,
  cancel,
  collectMany,
  type Handle,
  KitError,
  listDeadLetters,
  locate,
  type Requester,
  RequestTimeoutError,
  replayDeadLetter,
} from "jetstream-request-reply-kit";
import { type CallEnd, type Line, readRecord, type Write } from "../record.js";
import type { Step } from "../schedule.js";
import { messageOf } from "./process.js";

interface CallsOptions {
  nc: NatsConnection;
  requester: Requester;
  folder: string;
  write: Write;
}

export class Calls {
  readonly #nc: NatsConnection;
  readonly #requester: Requester;
  readonly #folder: string;
  readonly #write: Write;

  constructor({ nc, requester, folder, write }: CallsOptions) {
    this.#nc = nc;
    this.#requester = requester;
    this.#folder = folder;
    this.#write = write;
  }

  async make(step: Step): Promise<void> {
    if (step.do === "cancel") return this.#cancel(step.id);
    if (step.do === "collect") return this.#collect(step.requester, step.id, step.timeoutMs, false);
    if (step.do === "replay") return this.replayAll();
    const { subject, task } = step;
    const { id, call } = task;
    const { timeoutMs, onTimeout } = step.do === "send" ? { timeoutMs: 5_000, onTimeout: "keep" as const } : step;
    this.#write({ e: "asked", id, call, how: step.do, timeoutMs, onTimeout, task });
    const payload = JSON.stringify(task);
    const options = { id, timeoutMs, onTimeout };
    const ended = (end: CallEnd) => this.#write({ e: "ended", id, call, ...end });
    try {
      if (step.do === "send") {
        const { sequence } = await this.#requester.send(subject, payload, { id });
        ended({ outcome: "handle", sequence });
      } else if (step.do === "request") {
        const { status, text } = await this.#requester.request(subject, payload, options);
        ended({ outcome: "reply", status, text });
      } else {
        for await (const reply of this.#requester.requestMany(subject, payload, options)) {
          if (reply.last) ended({ outcome: "reply", status: reply.status, text: reply.text });
          else this.#write({ e: "part", id, call, part: reply.part, text: reply.text });
        }
      }
    } catch (error) {
      ended(endOf(error));
    }
  }

  async #cancel(id: string): Promise<void> {
    const handle = this.#handleOf(id);
    if (!handle) return;
    const { sequence } = handle;
    this.#write({ e: "cancel-asked", id, sequence });
    try {
      const { outcome, evidence, reply, stored } = await cancel(this.#nc, handle);
      const status = reply?.status ?? (stored ? "cancelled" : undefined);
      this.#write({ e: "cancelled", id, sequence, outcome, evidence, ...(status ? { status } : {}) });
    } catch (error) {
      this.#write({ e: "cancelled", id, sequence, outcome: "error", evidence: messageOf(error) });
    }
  }

  /** From the record, as a process that was started again reads what it has kept; undefined if the request was never sent. */
  #handleOf(id: string): Handle | undefined {
    const lines = readRecord(this.#folder);
    const asked = lines.find((line) => line.e === "asked" && line.id === id);
    if (!asked) return undefined;
    const stored = lines.find((line) => line.e === "stored" && line.id === id && !line.duplicate);
    const sent = lines.find((line) => line.e === "ended" && line.id === id && line.outcome === "handle");
    const sequence = [stored, sent].map((line) => (line && "sequence" in line ? line.sequence : 0)).find(Boolean) ?? 0;
    return { requester: requesterOf(asked), request: id, stream: "REQUESTS", sequence };
  }

  /** Every request of this name, also those of its earlier processes. */
  async collectAll(by: string): Promise<void> {
    const name = by.split(".")[0];
    const lines = readRecord(this.#folder);
    const asked = lines.filter((line) => line.e === "asked" && requesterOf(line) === name);
    const ids = new Set(asked.map((line) => (line as { id: string }).id));
    await Promise.all([...ids].map((id) => this.#collect(name as string, id, 100, true)));
    await Promise.all([...ids].map((id) => this.#locate(name as string, id)));
  }

  async #locate(requester: string, id: string): Promise<void> {
    const handle = { requester, request: id, stream: "REQUESTS", sequence: this.#handleOf(id)?.sequence ?? 0 };
    const located = (where: string, evidence: string) => this.#write({ e: "located", id, requester, where, evidence });
    try {
      const { where, evidence } = await locate(this.#nc, handle);
      located(where, evidence);
    } catch (error) {
      located("error", messageOf(error));
    }
  }

  async #collect(requester: string, id: string, timeoutMs: number, final: boolean): Promise<void> {
    const handle = { requester, request: id, stream: "REQUESTS", sequence: 0 };
    const facts = { id, requester, timeoutMs, final };
    this.#write({ e: "collect-asked", ...facts });
    const parts: string[] = [];
    try {
      for await (const reply of collectMany(this.#nc, handle, { timeoutMs })) {
        if (!reply.last) parts.push(reply.text);
        else return this.#write({ e: "collected", ...facts, status: reply.status, text: reply.text, parts });
      }
      this.#write({ e: "collected", ...facts, parts });
    } catch (error) {
      this.#write({ e: "collected", ...facts, parts, error: messageOf(error) });
    }
  }

  /** An operator's work: each dead letter is sent again. */
  async replayAll(): Promise<void> {
    const letters = await listDeadLetters(this.#nc).catch((error) => {
      this.#write({ e: "not-yet", doing: "list dead letters", message: messageOf(error) });
      return [];
    });
    for (const { request: id, sequence: letter } of letters) {
      this.#write({ e: "replay-asked", id, letter });
      try {
        const { outcome, sequence } = await replayDeadLetter(this.#nc, letter);
        this.#write({ e: "replayed", id, letter, outcome, ...(sequence === undefined ? {} : { sequence }) });
      } catch (error) {
        this.#write({ e: "replayed", id, letter, outcome: "error", message: messageOf(error) });
      }
    }
  }
}

const requesterOf = (line: Line) => line.by.split(".")[0] as string;

function endOf(error: unknown): CallEnd {
  if (error instanceof RequestTimeoutError) {
    return {
      outcome: "timed-out",
      sequence: error.handle.sequence,
      withdrawn: error.outcome,
      evidence: error.findings.evidence,
    };
  }
  // Another call of this process waits for the same id: nothing was sent.
  const code = error instanceof AlreadyWaitingError ? "already-waiting" : undefined;
  if (error instanceof KitError) return { outcome: "error", code: code ?? error.code, message: messageOf(error) };
  return { outcome: "error", code: "unknown", message: messageOf(error) };
}
