// Addresses: what is taken from them, and that no secret in them is ever shown.
import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/index.js";
import { displayUrl, readAddress } from "../internal/connection.js";

describe("an address", () => {
  it.each([
    ["127.0.0.1:4222", { servers: ["nats://127.0.0.1:4222"], tls: false }],
    ["nats://a:1, nats://b:2", { servers: ["nats://a:1", "nats://b:2"], tls: false }],
    ["tls://[::1]:4222", { servers: ["tls://[::1]:4222"], tls: true }],
    ["nats://me:p%40ss@host", { servers: ["nats://host"], tls: false, user: "me", pass: "p@ss" }],
    ["ws://host:8080/path", { servers: ["ws://host:8080/path"], tls: false, websocket: true }],
    ["t0ken@host:1", { servers: ["nats://host:1"], tls: false, token: "t0ken" }],
  ])("%s", (text, address) => {
    expect(readAddress(text)).toEqual(address);
  });

  it.each(["", " ", ",", "http://host:8222", "host:99999", "nats://", "nats://me:s3c/ret@host"])(
    "is refused with an example if it is %j",
    (text) => {
      expect(() => readAddress(text)).toThrow(InvalidInputError);
      expect(() => readAddress(text)).toThrow(/such as nats:\/\/127\.0\.0\.1:4222/);
    },
  );

  it("with a stray % is told apart from one with an escape", () => {
    expect(() => readAddress("nats://me:s3c%ret@host")).toThrow(/write it as %25/);
  });
});

describe("the text of an address in messages", () => {
  it.each([
    ["nats://me:s3cret@host:1", "nats://host:1"],
    ["me:s3cret@host", "host"],
    ["nats://me:s3cr@t@host", "nats://host"],
    ["nats://me:s3c/ret@host", "nats://host"],
    ["s3cret@a,nats://me:s3cret@b:2", "a,nats://b:2"],
    ["nats://host:4222", "nats://host:4222"],
    ["nats://me:s3c,ret@host", "host"],
    ["me:s3c@x,y,ret@host,nats://b", "host,nats://b"],
    ["nats://a:1,nats://me:s3cret@b:2", "nats://a:1,nats://b:2"],
  ])("%s is %s", (text, shown) => {
    expect(displayUrl(text)).toBe(shown);
  });

  it.each([
    "nats://me:s3c/ret@host",
    "nats://me:s3c%ret@host",
    "http://me:s3cret@host",
    "me:s3c?ret@",
    "nats://me:s3c,ret@host",
  ])("an error about %s does not contain its secret", (text) => {
    expect(() => readAddress(text)).toThrow(expect.not.objectContaining({ message: expect.stringMatching(/s3c|ret/) }));
    expect(() => readAddress(text)).toThrow(InvalidInputError);
  });
});
