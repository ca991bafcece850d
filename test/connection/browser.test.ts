// The browser entry: bundled without one module of Node, and at work in a real browser over a websocket.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium, noChromium } from "../support/browser.js";
import { type Harnesses, startHarnesses } from "../support/harness.js";
import { websocketUrl } from "../support/websocket.js";

const source = fileURLToPath(new URL("../../src/browser.ts", import.meta.url));

/** The library and the client as one script that sets the global `kit`. An import of Node's own modules fails the build. */
async function bundle(): Promise<string> {
  const contents = `export * from ${JSON.stringify(source)}; export { wsconnect } from "@nats-io/nats-core";`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL("../..", import.meta.url)) },
    bundle: true,
    platform: "browser",
    format: "iife",
    globalName: "kit",
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

test("the browser entry is bundled without a module of Node", async () => {
  await expect(bundle()).resolves.toContain("Responder");
});

describe.skipIf(noChromium())("in a browser", () => {
  let harnesses: Harnesses;
  beforeAll(async () => {
    harnesses = await startHarnesses(`websocket { listen: "127.0.0.1:-1", no_tls: true }`);
  });
  afterAll(() => harnesses[Symbol.asyncDispose]());

  test("a requester and a responder of two tabs exchange text and bytes, and a reloaded tab collects its reply", async () => {
    await using w = await harnesses.next();
    const chromium = await launchChromium();
    try {
      const script = await bundle();
      const open = async () => {
        const page = await chromium.newPage();
        await page.addScriptTag({ content: script });
        return page;
      };
      const at = { servers: await websocketUrl(harnesses.server), user: w.user, pass: "w" };
      const [alice, bob] = [await open(), await open()];
      await bob.evaluate(async (at) => {
        const nc = await kit.wsconnect(at);
        const handlers = {
          echo: (request: { data: Uint8Array }) => request.data,
          "order-sandwich": async (request: { text: string }) => `sandwich with ${request.text} 🥪`,
        };
        await kit.Responder.start(nc, { name: "bob", handlers });
      }, at);
      const replies = await alice.evaluate(async (at) => {
        const nc = await kit.wsconnect(at);
        const alice = await kit.Requester.open(nc, { name: "alice" });
        const bytes = await alice.request("echo", new Uint8Array([0, 13, 10, 255]));
        const text = await alice.request("order-sandwich", "käse");
        const handle = await alice.send("order-sandwich", "salami");
        return { bytes: [...bytes.data], text: text.text, handle: kit.formatHandle(handle) };
      }, at);
      expect(replies).toMatchObject({ bytes: [0, 13, 10, 255], text: "sandwich with käse 🥪" });
      await alice.close();
      const reopened = await open();
      const collected = await reopened.evaluate(
        async ({ at, handle }) => {
          const nc = await kit.wsconnect(at);
          return (await kit.collect(nc, kit.parseHandle(handle), { timeoutMs: 5_000 }))?.text;
        },
        { at, handle: replies.handle },
      );
      expect(collected).toBe("sandwich with salami 🥪");
    } finally {
      await chromium.close();
    }
  });
});

/** The bundle's global, inside of the page. */
declare const kit: typeof import("../../src/browser.js") & { wsconnect: typeof import("@nats-io/nats-core").wsconnect };
