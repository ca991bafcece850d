// Stored, failed or unknown: what a requester knows of its publishes.
import { expect, test } from "vitest";
import { type Fate, invocations, ofFate } from "../internal/history.js";
import {
  by,
  delivered,
  executed,
  failed,
  history,
  requested,
  stored,
  type Told,
  timedOut,
} from "../support/history.js";

const noResponders: Told = { type: "no-responders", request: "r1", subject: "greet" };
const puback: Told = { type: "puback-received", request: "r1", stream: "REQUESTS", sequence: 4 };

test.each<[Fate, string, Told[]]>([
  ["stored", "a PubAck", [requested("r1"), stored("r1")]],
  ["stored", "a PubAck after the time-out", [requested("r1"), timedOut("r1"), stored("r1")]],
  ["stored", "the same id again after a refusal", [requested("r1"), failed("r1"), requested("r1"), stored("r1")]],
  [
    "stored",
    "stored first, its second publish refused",
    [requested("r1"), stored("r1"), requested("r1"), failed("r1")],
  ],
  ["stored", "captured by a stream by mistake", [requested("r1"), puback]],
  ["failed", "refused by the server", [requested("r1"), failed("r1")]],
  ["failed", "nobody listens", [requested("r1"), noResponders]],
  ["failed", "refused twice", [requested("r1"), failed("r1"), requested("r1"), failed("r1")]],
  ["unknown", "no PubAck", [requested("r1")]],
  ["unknown", "timed out without a PubAck", [requested("r1"), timedOut("r1")]],
  ["unknown", "executed without a PubAck", [requested("r1"), delivered("r1"), executed("r1")]],
  ["unknown", "its connection was closed", [requested("r1"), failed("r1", true)]],
  ["unknown", "refused once, unanswered once", [requested("r1"), failed("r1"), requested("r1"), timedOut("r1")]],
])("%s: %s", (fate, _title, events) => {
  const known = invocations(history(...events));
  expect([...known.values()].map((one) => one.fate)).toEqual([fate]);
  expect(ofFate(known, fate)).toEqual(["r1"]);
});

test("an invocation belongs to the first requester, with its place in the stream and each request event", () => {
  const events = history(requested("r1"), by("carol", requested("r1")), delivered("r1"), delivered("never asked"));
  const known = invocations(events);
  expect([...known.keys()]).toEqual(["r1"]);
  expect(known.get("r1")).toMatchObject({ requester: "alice", sequence: 1, sent: [events[0], events[1]] });
});
