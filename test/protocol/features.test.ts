// Which server can do what, by the version that it tells.
import { expect, test } from "vitest";
import { ServerTooOldError } from "../../src/index.js";
import { hasFeature, requireFeature } from "../internal/protocol.js";

const versions: [string | undefined, boolean][] = [
  ["2.9.10", false],
  ["2.10.29", false],
  ["2.11.0", true],
  ["2.11.0-RC.1", true],
  ["2.14.0", true],
  ["3.0.0", true],
  ["1.99.99", false],
  ["dev", false],
  [undefined, false],
];

test.each(versions)("nats-server %s has message TTLs: %s", (version, has) => {
  const nc = version === undefined ? {} : { info: { version } };
  expect(hasFeature(nc, "message-ttl")).toBe(has);
  const required = () => requireFeature(nc, "message-ttl", "this");
  if (has) expect(required).not.toThrow();
  else expect(required).toThrow(ServerTooOldError);
});
