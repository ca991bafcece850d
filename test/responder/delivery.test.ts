import { expect, test } from "vitest";
import { readDelivery } from "../internal/responder.js";

test("both forms of ack subject yield stream, sequence and delivery (ADR-15)", () => {
  const expected = { stream: "REQUESTS", sequence: 17, delivery: 3 };
  expect(readDelivery("$JS.ACK.REQUESTS.responder.3.17.40.1700000000000000000.5")).toEqual(expected);
  const hub = "$JS.ACK.hub.ACCHASH.REQUESTS.responder.3.17.40.1700000000000000000.5";
  expect(readDelivery(hub)).toEqual(expected);
  expect(readDelivery(`${hub}.random`)).toEqual(expected);
  expect(readDelivery("$JS.ACK._.ACCHASH.REQUESTS.responder.3.17.40.1700000000000000000.5.x")).toEqual(
    expected,
  );
});

test("another subject yields no numbers and no exception", () => {
  expect(readDelivery("")).toEqual({ stream: "", delivery: Number.NaN, sequence: Number.NaN });
});
