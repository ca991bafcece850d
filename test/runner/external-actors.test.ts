// External actors: processes that know nothing of the kit, judged by what their links carry.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect } from "@nats-io/transport-node";
import { describe, expect, test } from "vitest";
import { Responder } from "../../src/index.js";
import { ofType } from "../internal/history.js";
import { startOf } from "../internal/server.js";
import { aliceAndBob, play } from "../support/scenario.js";

const service = (file: string) => fileURLToPath(new URL(`../fixtures/services/${file}`, import.meta.url));
const orderService = [process.execPath, service("order-service.js")];
const checks =
  "check: [no-lost-requests, no-lost-replies, no-duplicate-replies, no-phantom-replies, no-stuck-messages]";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const timeline = `
  - request: { from: alice, order: order-tea, as: tea, timeout: 20s }`;
const idle = aliceAndBob("\n  - wait: 1ms", { bob: "{ kind: external }" });

describe("an external responder", () => {
  test("that starts later answers, and its events come from its link", async () => {
    const text = aliceAndBob(
      `${timeline}
  - { after: tea.stored, start: bob }
  - { within: 20s, eventually: { tea: ok done, stream.REQUESTS.messages: 0, events.tea.executed: 1 } }`,
      { bob: "{ kind: external, online: false }", more: checks },
    );
    const { result, events } = await play(text, { actors: { bob: { command: orderService } } });
    expect([result.verdict, result.reason]).toEqual(["held", undefined]);
    const ofBob = events.filter(({ actor }) => actor === "bob");
    expect(ofBob.map(({ type }) => type)).toEqual(["delivered", "executed", "replied", "acked"]);
    expect(ofBob.every(({ source }) => source === "wire")).toBe(true);
    expect(ofType(events, "replied")[0]).toMatchObject({
      status: "ok",
      payload: "done",
      stream: "REPLIES",
      sequence: 1,
    });
    expect(readFileSync(join(result.history, "bob.log"), "utf8")).toBe("listening\n");
  });

  test.for([
    ["after-delivery", { delivered: 2, executed: 1, replied: 1, acked: 1 }],
    ["before-reply", { delivered: 2, executed: 2, replied: 1, acked: 1 }],
    ["after-reply", { delivered: 2, executed: 2, replied: 1, "reply-refused": 1, acked: 1 }],
    ["before-ack", { delivered: 2, executed: 2, replied: 1, "reply-refused": 1, acked: 1 }],
    ["after-ack", { delivered: 1, executed: 1, replied: 1, acked: 1 }],
  ] as const)("is killed at its crash point %s, and starts again", async ([point, counts]) => {
    const text = aliceAndBob(
      `${timeline}
  - { after: bob.actor-crashed, within: 20s, start: bob }
  - within: 20s
    eventually: { tea: ok done, stream.REPLIES.messages: 1, events.tea.delivered: ${counts.delivered} }
  - { within: 20s, eventually: { ${Object.entries(counts)
    .map(([event, n]) => `events.tea.${event}: ${n}`)
    .join(", ")} } }`,
      {
        bob: `{ kind: external, crash: ${point} }`,
        more: `setup: { ack_wait: 1s }\n${checks.replace("no-stuck-messages", "sources-agree")}`,
      },
    );
    const { result, events } = await play(text, { actors: { bob: { command: [...orderService, "record=own"] } } });
    expect([result.verdict, result.reason, result.expectations.filter(({ verdict }) => verdict !== "held")]).toEqual([
      "held",
      undefined,
      [],
    ]);
    expect(ofType(events, "actor-crashed")).toHaveLength(1);
  });

  test("is frozen and killed with the process that a wrapper started", async () => {
    const wrapped = ["sh", "-c", `"$@" & echo child $!; wait`, "sh", ...orderService];
    const text = aliceAndBob(
      `
  - inject: { pause-actor: { actor: bob } }
${timeline}
  - { after: tea.delivered, wait: 500ms }
  - heal: pause-actor
  - { within: 20s, eventually: { tea: ok done } }
  - crash: bob`,
      { bob: "{ kind: external }", more: checks },
    );
    const { result, events } = await play(text, { actors: { bob: { command: wrapped } } });
    expect([result.verdict, result.reason]).toEqual(["held", undefined]);
    // The link delivers to a frozen process; its child does nothing until it is continued.
    const [healed, executed] = [ofType(events, "fault-healed")[0], ofType(events, "executed")[0]];
    expect(executed?.t).toBeGreaterThan(healed?.t ?? Number.POSITIVE_INFINITY);
    const child = Number(/child (\d+)/.exec(readFileSync(join(result.history, "bob.log"), "utf8"))?.[1]);
    expect(child).toBeGreaterThan(0);
    expect(startOf(child)).toBeUndefined(); // it has ended
  });

  test("is cut off by a fault of its link, and comes back", async () => {
    const text = aliceAndBob(
      `
  - inject: { cut: { between: [bob, server] } }
${timeline}
  - { after: tea.stored, expect: { events.tea.delivered: 0 } }
  - heal: cut
  - { within: 20s, eventually: { tea: ok done } }`,
      { bob: "{ kind: external }", more: checks },
    );
    const { result, events } = await play(text, { actors: { bob: { command: orderService } } });
    expect([result.verdict, result.reason]).toEqual(["held", undefined]);
    expect(events.filter(({ actor }) => actor === "bob").map(({ type }) => type)).toEqual(
      expect.arrayContaining(["disconnected", "reconnected", "replied"]),
    );
  });

  test("can be code in the test's own process", async () => {
    const attach = async ({ url }: { url: string }) => {
      const nc = await connect({ servers: url });
      const responder = await Responder.start(nc, { handlers: { "order-tea": () => "attached" } });
      return async () => {
        await responder.drain();
        await nc.close();
      };
    };
    const text = aliceAndBob(`${timeline}\n  - { within: 20s, eventually: { tea: ok attached } }`, {
      bob: "{ kind: external }",
      more: checks,
    });
    const { result } = await play(text, { actors: { bob: { attach } } });
    expect([result.verdict, result.reason]).toEqual(["held", undefined]);
  });

  test("gets one SIGTERM when it is stopped", async () => {
    const counting = `
      process.on("SIGTERM", () => { console.log("SIGTERM"); setTimeout(() => process.exit(), 200); });
      setInterval(() => {}, 1_000);
      console.log("ready");`;
    const command = [process.execPath, "-e", counting];
    const { result } = await play(idle, { actors: { bob: { command, ready: "ready" } } });
    expect(readFileSync(join(result.history, "bob.log"), "utf8")).toBe("ready\nSIGTERM\n");
  });

  const listening = (port: number, print: string) => [
    ...[process.execPath, "-e"],
    `require("node:net").createServer().listen(${port}, "127.0.0.1", () => console.log(${JSON.stringify(print)}));`,
  ];

  test.for([
    ["a pattern in its output", () => /^listening on \d+$/m],
    ["a port", (port: number) => ({ port })],
  ] as const)("is ready by %s", async ([, sign]) => {
    const port = await freePort();
    const { result } = await play(idle, {
      actors: { bob: { command: listening(port, `listening on ${port}`), ready: sign(port) } },
    });
    expect(result.outputs).toEqual([{ actor: "bob", text: `listening on ${port}\n` }]);
  });

  test.for([
    ["prints another text", "listening", 'it did not print "listening"'],
    ["prints nothing like its pattern", /on \d+/, "it did not print /on \\d+/"],
    ["listens on no port", { port: 1 }, "nothing listens on port 1"],
    ["never pulls", undefined, "it made no pull request on NATS_URL"],
  ] as const)("that %s is not ready in time, and the error has its output", async ([, ready, missing]) => {
    const command = ["sh", "-c", "echo somewhere else; exec sleep 60"];
    await expect(play(idle, { actors: { bob: { command, ready, readyWithinMs: 900 } } })).rejects.toThrow(
      `bob was not ready within 0.9 s: ${missing}. It printed last: somewhere else`,
    );
  });

  test("is refused if another process listens on its port", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await expect(play(idle, { actors: { bob: { command: orderService, ready: { port } } } })).rejects.toThrow(
      `bob is to listen on port ${port}, and another process does already.`,
    );
    server.close();
  });

  test("with an encrypted connection fails the run: its link cannot read it", async () => {
    const script = `
      const { hostname, port } = new URL(process.env.NATS_URL);
      const socket = require("node:net").connect(port, hostname, () => socket.write(Buffer.from([22, 3, 1, 2, 0, 1])));
      socket.on("error", () => {});
      setInterval(() => {}, 1_000);
      console.log("ready");`;
    const text = aliceAndBob("\n  - wait: 20s", { bob: "{ kind: external }" });
    const actors = { bob: { command: [process.execPath, "-e", script], ready: "ready" } };
    await expect(play(text, { actors })).rejects.toThrow(
      "The link of bob cannot read its connection: it is encrypted. Connect to NATS_URL without TLS.",
    );
  });

  test("needs a server of the laboratory's own", async () => {
    const connection = { servers: "nats://127.0.0.1:1" };
    await expect(play(idle, { connection, actors: { bob: { command: orderService } } })).rejects.toThrow(
      "test has the external actor bob, which needs a server of the kit's own: run it without --server and NATS_URL.",
    );
  });

  test("that ends before it is ready fails the run with what it printed", async () => {
    const command = [process.execPath, "-e", "console.error('no configuration'); process.exit(7)"];
    await expect(play(idle, { actors: { bob: { command } } })).rejects.toThrow(
      "bob ended before it was ready (exit code 7). It printed last: no configuration",
    );
  });

  test("whose program does not exist fails the run with its name", async () => {
    await expect(play(idle, { actors: { bob: { command: ["no-such-program"] } } })).rejects.toThrow(
      "bob cannot be started: there is no program no-such-program.",
    );
  });
});

describe("the sources of an external responder", () => {
  const served = (fault = "none", more = "check: [sources-agree]") => {
    const end = fault === "says-acked" ? "returned" : "acked";
    const text = aliceAndBob(
      `${timeline}\n  - { after: tea.received, within: 20s, wait: 1ms }\n  - { after: tea.${end}, within: 20s, wait: 1ms }`,
      { bob: "{ kind: external }", more },
    );
    return play(text, { actors: { bob: { command: [...orderService, "record=own", `fault=${fault}`] } } });
  };

  test("agree, and nothing is counted twice", async () => {
    const { result, events } = await served();
    expect([result.verdict, result.reason]).toEqual(["held", undefined]);
    const [{ request = "" } = {}] = result.requests;
    const told = ofType(events, "reported").filter(({ event }) => event !== "executed");
    expect(told.map(({ event, source, actor }) => `${actor} ${source ?? "own"} ${event}`).sort()).toEqual([
      ...["bob own acked", "bob own delivered", "bob own replied"],
      ...["lab broker acked", "lab broker replied", "lab broker requested"],
    ]);
    // Either source can be the first to show the effect.
    expect([ofType(events, "executed").length, ofType(events, "reported").length]).toEqual([1, told.length + 1]);
    for (const type of ["delivered", "replied", "acked"] as const)
      expect(ofType(events, type).map((event) => [event.request, event.source])).toEqual([[request, "wire"]]);
  });

  test.for([
    [
      "says-acked",
      /^\d+ of \d+ second statements disagree; the first: bob says acked of \S+, and its link shows none$/,
    ],
    ["says-error", /bob says replied error of \S+, and its link shows none$/],
  ] as const)("disagree with fault %s", async ([fault, detail]) => {
    const { result } = await served(fault);
    expect(result.checks).toMatchObject([
      { name: "sources-agree", verdict: "violated", detail: expect.stringMatching(detail) },
    ]);
  });

  test("say nothing after a line that is no event: the run is inconclusive, with the line", async () => {
    const { result } = await served("bad-line", checks.replace(", no-stuck-messages", ""));
    expect([result.verdict, result.reason]).toEqual([
      "inconclusive",
      expect.stringMatching(
        /^The record of bob is broken at bob\.own\.jsonl:1: expected a `type` of requested, .*, got \{"type":"acknowledged"/,
      ),
    ]);
  });

  test("have an effect that only its own record shows", async () => {
    const script = `
      import { appendFileSync } from "node:fs";
      appendFileSync(process.env.JSRR_HISTORY, '{"type":"executed","request":"a"}\\n{"type":"executed","request":"a"');
      console.log("ready");
      setInterval(() => {}, 1_000);`;
    const command = [process.execPath, "--input-type=module", "-e", script];
    const text = aliceAndBob("\n  - wait: 1ms", {
      bob: "{ kind: external }",
      more: "check: [no-duplicate-executions]",
    });
    const { result, events } = await play(text, { actors: { bob: { command, ready: "ready" } } });
    expect(ofType(events, "executed")).toMatchObject([{ actor: "bob", request: "a", delivery: 1 }]);
    expect(result.reason).toBe(
      'The record of bob is broken at bob.own.jsonl:2: expected one event in JSON, got {"type":"executed","request":"a".',
    );
  });
});

describe("a broken external responder is found", () => {
  const judged = `check:
  [no-lost-requests, no-lost-replies, no-duplicate-replies, no-phantom-replies, no-duplicate-executions, no-stuck-messages,
   reply-before-ack, right-address, no-silent-end, no-storm: { at_most: 3 }]`;

  test.for([
    ["ack-first", "reply-before-ack", "after: tea.acked"],
    ["acks-only", "no-silent-end", "after: tea.acked"],
    ["terminates-only", "no-silent-end", "after: tea.terminated"],
    ["never-acks", "no-storm", "after: tea.delivered#4"],
    ["naks-always", "no-storm", "after: tea.delivered#4"],
    ["other-mailbox", "right-address", "after: tea.acked"],
    ["effect-twice", "no-duplicate-executions", "after: tea.acked"],
    ["deletes-request", "no-lost-requests", "after: tea.delivered"],
    ["drops-reply", "reply-before-ack", "after: tea.acked"],
  ] as const)("fault %s: %s", async ([fault, check, anchor]) => {
    const left =
      fault === "deletes-request" ? "\n  - { within: 20s, eventually: { stream.REQUESTS.messages: 0 } }" : "";
    const text = aliceAndBob(
      `
  - request: { from: alice, order: order-tea, as: tea, timeout: 1s }
  - { ${anchor}, within: 20s, wait: 1ms }${left}`,
      { bob: "{ kind: external }", more: `setup: { ack_wait: 300ms }\n${judged}` },
    );
    const { result } = await play(text, { actors: { bob: { command: [...orderService, `fault=${fault}`] } } });
    const found = result.checks.filter(({ verdict }) => verdict === "violated").map(({ name }) => name);
    expect([result.reason, found]).toEqual([expect.anything(), expect.arrayContaining([check])]);
  });

  test("and a right one is not", async () => {
    const text = aliceAndBob(`${timeline}\n  - { within: 20s, eventually: { tea: ok done, events.tea.acked: 1 } }`, {
      bob: "{ kind: external }",
      more: judged,
    });
    const { result } = await play(text, { actors: { bob: { command: orderService } } });
    expect(result.checks.filter(({ verdict }) => verdict !== "held")).toEqual([]);
  });
});

test("an external requester is judged by the requests and replies on its link", async () => {
  const text = `
scenario: test
question: Does it?
answer: It does.
requesters: { shop: { kind: external, online: false } }
responders: { bob: {} }
timeline:
  - start: shop
  - { within: 20s, eventually: { stream.REPLIES.messages: 1, stream.REQUESTS.messages: 0 } }
${checks}`;
  const command = [process.execPath, service("send-orders.js")];
  const { result, events } = await play(text, { actors: { shop: { command } } });
  expect([result.verdict, result.reason]).toEqual(["held", undefined]);
  expect(events.filter(({ actor }) => actor === "shop").map(({ type }) => type)).toEqual(
    expect.arrayContaining(["requested", "stored", "received"]),
  );
  expect(result.requests).toMatchObject([{ request: "order-1", outcome: "ok 🥪" }]);
});

test("an external requester that ends by itself can start again, and its events count for it", async () => {
  const text = `
scenario: test
question: Does it?
answer: It does.
requesters: { shop: { kind: external } }
responders: { bob: {} }
timeline:
  - { after: shop.received, within: 20s, expect: { events.shop.requested: 1, events.shop.stored: 1 } }
  - { after: shop.actor-stopped, within: 20s, start: shop }
  - { after: shop.requested#2, within: 20s, wait: 1ms }
  - { after: "shop.actor-stopped#2", within: 20s, expect: { stream.REPLIES.messages: 2 } }
${checks}`;
  const command = [process.execPath, service("send-orders.js"), "once"];
  const { result, events } = await play(text, { actors: { shop: { command } } });
  expect([result.verdict, result.reason]).toEqual(["held", undefined]);
  expect(ofType(events, "actor-stopped").filter(({ name }) => name === "shop")).toMatchObject([
    { code: 3, signal: null },
    { code: 3, signal: null },
  ]);
});

test.each([
  [
    "without a process",
    {},
    "bob is external, and no process is bound to it. Bind one with --actor bob='command argument'",
  ],
  ["with a process of another name", { bo: { command: ["x"] } }, 'test has no external actor bo; did you mean "bob".'],
])("a run %s is refused", async (_, actors, message) => {
  await expect(play(idle, { actors })).rejects.toThrow(message);
});
