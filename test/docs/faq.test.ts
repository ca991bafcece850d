// docs/faq.md: it names every error of the library, and the texts of the kit's errors are those of the sources.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as kit from "../../src/index.js";
import { read } from "./page.js";
import { root } from "./project.js";

const page = read("docs/faq.md");
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(join(root, "src", name), "utf8"))
  .join("\n");

/** Texts of nats-server and of the nats.js client, which no source of the kit holds. */
const ofOthers = [
  ...["stream name already in use with a different configuration", "subjects overlap with an existing stream"],
  ...["filtered consumer not unique on workqueue stream", "maximum consumers limit reached", "consumer deleted"],
  ...["multiple non-filtered consumers not allowed on workqueue stream", "insufficient resources"],
  ...["resource limits exceeded for account", "maximum messages exceeded", "maximum bytes exceeded"],
  ...["replicas > 1 not supported in non-clustered mode", "no suitable peers for placement", "no message found"],
  ...["per-message TTL is disabled", "CONNECTION_REFUSED", "ECONNREFUSED", "Authorization Violation"],
  ...["User Authentication Expired", "Permissions Violation for Publish to", "MAX_PAYLOAD_VIOLATION"],
  ...["message size exceeds maximum", "wrong last sequence", "jetstream is not enabled", "503", "no responders"],
  ...["sequence … not found", '{"stream":"REQUESTS","seq":1}', "timeout", "nc.request()", "rejected", "error"],
  ...["ack_wait", "max_deliver"],
  // The kit makes these of parts.
  ...["No reply within … ms. It is queued: message … is in REQUESTS", "The account may not publish to …"],
];

test("every error of the library is on the page", () => {
  const names = Object.keys(kit).filter((name) => name.endsWith("Error") && name !== "KitError");
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

const titles = [...page.matchAll(/^### (.*)$/gm)].flatMap(([, title = ""]) =>
  [...title.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text),
);

test.each(titles.filter((text) => !ofOthers.includes(text)))("the text of an error is in the sources: %s", (text) => {
  const parts = text.split("…").map((part) => part.trim());
  for (const part of parts.filter((part) => part.length > 2)) expect(sources).toContain(part);
});
