// The demo on a machine with other users and other pages: what is refused.
import { request } from "node:http";
import { wsconnect } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type RunningDemo, startDemo } from "./start.js";

let demo: RunningDemo;
beforeAll(async () => {
  demo = await startDemo();
});
afterAll(() => demo[Symbol.asyncDispose]());

interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** A request with any headers: fetch would not send a false Host. */
function ask(url: URL, { method = "GET", headers = {}, body }: Asked = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (more) => {
        text += more;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

const page = () => new URL(demo.url);
const click = JSON.stringify({ kind: "start", actor: "bob" });
const json = { "content-type": "application/json" };

test("the page is answered to the holder of the token", async () => {
  expect(await ask(page())).toMatchObject({ status: 200 });
});

test.each(["/", "/wrong/", "/wrong/connection", "/../connection"])(
  "%s without the token is not found",
  async (path) => {
    const { status, text } = await ask(new URL(path, demo.url));
    expect(status).toBe(404);
    expect(text).not.toContain("pass");
  },
);

test("a name that was bound to this address is refused", async () => {
  const headers = { host: `evil.example:${page().port}` };
  expect(await ask(new URL("connection", demo.url), { headers })).toMatchObject({ status: 403 });
});

test.each([
  ["another origin", { origin: "http://evil.example" }],
  ["another port of this machine", { origin: "http://127.0.0.1:1" }],
  ["no origin", {}],
  ["a cross-site request", { "sec-fetch-site": "cross-site" }],
])("a click from %s is refused", async (_, headers) => {
  const asked = { method: "POST", headers: { ...json, ...headers }, body: click };
  expect(await ask(new URL("click", demo.url), asked)).toMatchObject({ status: 403 });
});

test.each(["{", "[]", '{"kind":"run","command":"id"}', '{"kind":"start","actor":"../../etc"}'])(
  "the click %s is an error, and starts nothing",
  async (body) => {
    const headers = { ...json, origin: page().origin };
    const { status } = await ask(new URL("click", demo.url), { method: "POST", headers, body });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(await ask(page())).toMatchObject({ status: 200 });
  },
);

interface Connection {
  servers: string;
  user: string;
  pass: string;
  inboxPrefix: string;
}

const connect = async (origin: string) => {
  const { servers, user, pass, inboxPrefix } = JSON.parse(
    (await ask(new URL("connection", demo.url))).text,
  ) as Connection;
  const wsFactory = async (address: string) => ({
    socket: new WebSocket(address, { origin }) as unknown as globalThis.WebSocket,
    encrypted: false,
  });
  return wsconnect({ servers, user, pass, inboxPrefix, wsFactory, timeout: 2_000 });
};

test("the server refuses a websocket of another origin", async () => {
  await expect(connect("http://evil.example")).rejects.toThrow();
});

test("the page's user cannot read another mailbox or change a stream", async () => {
  const nc = await connect(page().origin);
  try {
    const refused = /Permissions Violation|no responders|timeout/i;
    await expect(nc.request("$JS.API.DIRECT.GET.REPLIES.replies.bob.x", "", { timeout: 500 })).rejects.toThrow(refused);
    await expect(nc.request("$JS.API.STREAM.DELETE.REPLIES", "", { timeout: 500 })).rejects.toThrow(refused);
  } finally {
    await nc.close();
  }
});
