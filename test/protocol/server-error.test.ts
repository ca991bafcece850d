import { errors, type Msg } from "@nats-io/nats-core";
import { expect, test } from "vitest";
import * as kit from "../../src/index.js";
import { defaultNames, fromApiError, fromClientError, readPubAck } from "../internal/protocol.js";

const { InvalidInputError, JetStreamUnavailableError, KitError, NoAnswerError, NoRespondersError, NotPermittedError } =
  kit;

test.each([
  [10059, kit.NotSetUpError],
  [10014, kit.NotSetUpError],
  [10060, kit.NotSetUpError],
  [10077, kit.StreamFullError],
  [10047, kit.StreamFullError],
  [10023, kit.StreamFullError],
  [10039, kit.JetStreamUnavailableError],
  [10058, kit.ConfigurationDiffersError],
  [10071, kit.AlreadyStoredError],
  [10158, kit.NoAnswerError],
  [10008, kit.NoAnswerError],
  [10999, kit.ServerRefusedError],
])("server error %i is %o", (err_code, type) => {
  const told = fromApiError("stream X", { code: 400, err_code, description: "the server's words" });
  expect(told).toBeInstanceOf(type);
  expect(told.message).toMatch(/^stream X: .*the server's words.*\.$/);
});

test("an error without a number or text has a message", () => {
  expect(fromApiError("it", { code: 500 }).message).toBe("it: the server refused: code 500 (500).");
});

test("the client's errors become the kit's errors, and keep their cause", () => {
  const cases: [Error, new (m: string) => kit.KitError][] = [
    [new errors.TimeoutError(), NoAnswerError],
    [new errors.NoRespondersError("x"), NoRespondersError],
    [new errors.RequestError("x", { cause: new errors.TimeoutError() }), NoAnswerError],
    [new errors.PermissionViolationError("no", "publish", "a.b"), NotPermittedError],
    [errors.InvalidArgumentError.format("payload", "max_payload size exceeded"), InvalidInputError],
    [new errors.ClosedConnectionError(), kit.ClosedError],
    [Object.assign(new Error("x"), { name: "JetStreamNotEnabled" }), JetStreamUnavailableError],
  ];
  for (const [error, type] of cases) {
    const told = fromClientError("it", error);
    expect(told).toBeInstanceOf(type);
    expect(told.cause).toBe(error);
  }
});

test("an error of the kit and a thrown value that is not an error have a message", () => {
  const ours = new kit.ClosedError("closed");
  expect(fromClientError("it", ours)).toBe(ours);
  expect(fromClientError("it", "thrown text").message).toBe("it: thrown text.");
});

const answer = (body: string, code = 0) =>
  ({ data: Buffer.from(body), json: () => JSON.parse(body), ...(code ? { headers: { code } } : {}) }) as unknown as Msg;

test("a PubAck has the stream and the sequence of the request", () => {
  expect(readPubAck(defaultNames, answer('{"stream":"S","seq":3}'), "x")).toEqual({
    stream: "S",
    sequence: 3,
    duplicate: false,
  });
  expect(readPubAck(defaultNames, answer('{"stream":"S","seq":3,"duplicate":true}'), "x")).toMatchObject({
    duplicate: true,
  });
});

test("a PubAck is parsed whatever the order and spacing of its JSON", () => {
  const place = { stream: "REQUESTS", sequence: 17, duplicate: false };
  expect(readPubAck(defaultNames, answer('{"stream":"REQUESTS", "seq":17}'), "x")).toEqual(place);
  expect(readPubAck(defaultNames, answer('{"stream":"REQUESTS", "domain":"hub", "seq":17}'), "x")).toEqual(place);
  expect(readPubAck(defaultNames, answer('{"stream":"REQUESTS", "seq":17,"duplicate": true}'), "x")).toEqual({
    ...place,
    duplicate: true,
  });
});

test.each(["", "not json", "null", "[]", "{}", '"x"', '{"stream":"S"}', '{"stream":1,"seq":"2"}'])(
  "the answer %j is not parsed as a PubAck, and does not throw",
  (body) => {
    expect(readPubAck(defaultNames, answer(body), "requests.x")).toBeInstanceOf(KitError);
  },
);

test("no responders and an error in the PubAck become errors of the kit", () => {
  expect(readPubAck(defaultNames, answer("", 503), "requests.x")).toBeInstanceOf(kit.NotSetUpError);
  const full = '{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"}}';
  expect(readPubAck(defaultNames, answer(full), "requests.x")).toBeInstanceOf(kit.StreamFullError);
});

test("a message that another stream took gets no advice to run setup, which would not help", () => {
  const { message } = fromApiError("publish to requests.x", { code: 400, err_code: 10060, description: "no match" });
  expect(message).toBe(
    "publish to requests.x: no match; another stream takes this subject: change or remove that one.",
  );
});
