// A delivery: what its ack address says, and its signal, which is there only when it is read.
import { inspect } from "node:util";
import type { Msg } from "@nats-io/nats-core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LinkedList } from "../internal/connection.js";
import { defaultNames } from "../internal/protocol.js";
import { Delivery, readAckAddress, readDeliveryCount, ServerClock } from "../internal/responder.js";

describe("ack address", () => {
  const plain = "$JS.ACK.REQUESTS.responder.3.17.40.1700000000000000000.5";
  const hub = "$JS.ACK.hub.ACCHASH.REQUESTS.responder.3.17.40.1700000000000000000.5";
  const unnamed = "$JS.ACK._.ACCHASH.REQUESTS.responder.3.17.40.1700000000000000000.5.x";

  test.each([plain, hub, `${hub}.random`, unnamed])("%s names stream, sequence and delivery (ADR-15)", (address) => {
    expect(readAckAddress(address)).toEqual({ stream: "REQUESTS", sequence: 17, deliveryCount: 3 });
    expect(readDeliveryCount(address)).toBe(3);
  });

  test("another subject yields no numbers and no exception", () => {
    expect(readAckAddress("")).toEqual({ stream: "", deliveryCount: Number.NaN, sequence: Number.NaN });
    expect(readDeliveryCount("")).toBeNaN();
    expect(readDeliveryCount("a.b.c")).toBeNaN();
  });
});

describe("signal", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const delivered = (deadline?: number) => {
    const headers = new Map([["Request-Deadline", deadline === undefined ? "" : String(deadline)]]);
    const msg = {
      subject: "requests.a",
      reply: "",
      data: new Uint8Array(),
      headers: { get: (n: string) => headers.get(n) },
    };
    return new Delivery(msg as unknown as Msg, defaultNames, {} as never, new ServerClock());
  };

  test("a deadline has no timer before the signal is read, and none afterwards", () => {
    const one = delivered(Date.now() + 1000);
    expect(vi.getTimerCount()).toBe(0);
    const { signal } = one;
    expect(one.signal).toBe(signal);
    expect(vi.getTimerCount()).toBe(1);
    one.endHandling();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a deadline aborts the signal once, and is the status", () => {
    const one = delivered(Date.now() + 1000);
    const { signal } = one;
    vi.advanceTimersByTime(999);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(signal.aborted).toBe(true);
    one.cancel("cancelled");
    expect(one.noticedCancel).toBe("expired");
  });

  test("a cancel without a reader of the signal changes nothing, and an earlier cancel has aborted a signal that is read later", () => {
    const one = delivered();
    one.cancel("cancelled");
    expect(one.noticedCancel).toBeUndefined();
    expect(one.signal.aborted).toBe(true);
    expect(one.signal.reason).toMatchObject({ name: "AbortError" });
    expect(one.noticedCancel).toBe("cancelled");
  });
});

test("a request that is logged, or written as JSON, shows no other delivery", () => {
  const delivered = (id: string) =>
    new Delivery(
      { subject: "requests.a", headers: { get: () => id } } as unknown as Msg,
      defaultNames,
      {} as never,
      new ServerClock(),
    );
  const [first, second] = [delivered("first"), delivered("second")];
  const list = new LinkedList<Delivery>();
  list.add(first);
  list.add(second);
  expect([list.size, list.all()]).toEqual([2, [first, second]]);
  expect(JSON.stringify(first)).toMatch(/first/);
  expect(JSON.stringify(first) + inspect(first)).not.toMatch(/second/);
});
