// From an error to words and an exit code.
import { errors as client } from "@nats-io/nats-core";
import { describe, expect, it } from "vitest";
import { InvalidInputError, NotSetUpError, ServerTooOldError } from "../../src/index.js";
import { EndWith, exitCodeOf, explain, Interrupted } from "../internal/commands.js";

it.each([
  [new EndWith(1), 1],
  [new InvalidInputError("x"), 4],
  [new ServerTooOldError("x"), 2],
  [new NotSetUpError("x"), 3],
  [new Error("x"), 3],
  ["x", 3],
  [new Interrupted("SIGHUP"), 129],
  [new Interrupted("SIGINT"), 130],
  [new Interrupted("SIGTERM"), 143],
])("an error %s ends with %d", (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

describe("a printed error", () => {
  it("is one sentence, and has its stack and causes with --debug", () => {
    const error = new NotSetUpError("stream REQUESTS: not found.", { cause: new Error("10059") });
    expect(explain(error, false)).toBe("stream REQUESTS: not found.");
    expect(explain(error, true)).toMatch(/not found\.\n +at [\s\S]*\ncaused by Error: 10059\n +at /);
  });

  it("of the client is printed as one of the kit", () => {
    const refused = new client.PermissionViolationError("Permissions Violation ...", "subscription", "replied.a.b");
    expect(explain(refused, false)).toMatch(/^The account may not subscribe to replied\.a\.b; grant it/);
    expect(explain(new client.TimeoutError(), false)).toMatch(/no answer in time/);
  });

  it("of a bug is not printed as the user's mistake", () => {
    expect(explain(new TypeError("undefined is not a function"), false)).toMatch(/a bug of jsrr; --debug shows where/);
  });

  it("of an unusable folder has advice", () => {
    const error = Object.assign(new Error("ENOTDIR: ..."), { code: "ENOTDIR", path: "/dev/null/x" });
    expect(explain(error, false)).toMatch(
      /^Cannot use \/dev\/null\/x: .* no folder; name another place with --history/,
    );
  });

  it("is empty if everything has been printed", () => {
    expect(explain(new EndWith(1), true)).toBe("");
  });
});
