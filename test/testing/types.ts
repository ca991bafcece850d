// Compiled by `npm run lint`, never run: right uses of the matchers and fixtures compile, and each wrong one is an error.
import { expect as plainExpect, test as plainTest } from "vitest";
import type { Reply } from "../../src/index.js";
import { type Fixtures, fixtures, type Lab, matchers } from "../../src/testing/index.js";
import { expect, test } from "../../src/testing/vitest.js";

declare const reply: Reply;

test("right and wrong uses", async ({ lab, requester, responder, runScenario, server }) => {
  const sameLab: Lab = lab;
  await responder({ "order-tea": "🍵", "order-more": async (request) => request.text }, { concurrency: 2 });
  const alice = await requester({ reply: "inbox" });
  await expect(alice.request("order-tea")).toEndWith("ok", "🍵");
  await expect(reply).not.toEndWith("rejected");
  await expect(sameLab).toHaveRemaining(1, { withinMs: 100 });
  await expect(lab).toHaveReplyInMailbox("alice.lunch.REQUESTS.1");
  await expect(lab).not.toHaveNoStuckMessages();
  await expect(await runScenario("offline-responder")).toHoldScenario();
  await server.account();

  // @ts-expect-error there is no such status
  await expect(reply).toEndWith("fine");
  // @ts-expect-error the text is a text
  await expect(reply).toEndWith("ok", 1);
  // @ts-expect-error a count is a number
  await expect(lab).toHaveRemaining("1");
  // @ts-expect-error it is in milliseconds
  await expect(lab).toHaveRemaining(1, { within: "5s" });
  // @ts-expect-error the handle is needed
  await expect(lab).toHaveReplyInMailbox();
  // @ts-expect-error it takes no count
  await expect(lab).toHaveNoStuckMessages(1);
  // @ts-expect-error there is no such strategy
  await requester({ reply: "pigeon" });
  // @ts-expect-error an answer is text or bytes
  await responder({ "order-tea": 1 });
});

// @ts-expect-error there is no such fixture
test("an unknown fixture", async ({ laboratory }) => void laboratory);

plainExpect.extend(matchers);
plainTest.extend<Fixtures>(fixtures)("the plain data", async ({ lab, requester }) => {
  await plainExpect((await requester()).request("order-tea")).toEndWith("ok");
  await plainExpect(lab).toHaveRemaining(0);
});
