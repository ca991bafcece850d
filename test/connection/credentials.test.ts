// Credentials, against real servers: right ones in every place they may stand, wrong ones, and none.
import { afterAll, expect, it } from "vitest";
import { type ConnectionSettings, NotAuthorizedError, openConnection } from "../../src/index.js";
import { startTestServer } from "../support/server.js";

const [byUser, byToken] = await Promise.all([
  startTestServer({ config: `authorization { user: me, password: "s3cr@t" }` }),
  startTestServer({ config: "authorization { token: t0ken }" }),
]);
afterAll(() => Promise.all([byUser[Symbol.asyncDispose](), byToken[Symbol.asyncDispose]()]));

const withUser = (text: string, url = byUser.url) => url.replace("//", `//${text}@`);
const user = { servers: byUser.url };

it.each<[string, ConnectionSettings]>([
  ["in the URL", { servers: withUser("me:s3cr%40t") }],
  ["apart from it", { ...user, user: "me", password: "s3cr@t" }],
  ["apart from it, over the ones in it", { servers: withUser("x:y"), user: "me", password: "s3cr@t" }],
  ["the name in the URL, the password apart", { servers: withUser("me"), password: "s3cr@t" }],
  ["a token", { servers: withUser("t0ken", byToken.url) }],
])("a client connects with %s", async (_, settings) => {
  const nc = await openConnection(settings);
  await nc.close();
});

it.each<[string, ConnectionSettings]>([
  ["none", user],
  ["a wrong password", { servers: withUser("me:wr0ng") }],
  ["no password", { ...user, user: "me" }],
  ["no token", { servers: byToken.url }],
  ["a wrong token", { servers: withUser("wr0ng", byToken.url) }],
])("the server refuses %s, and the error contains no secret", async (_, settings) => {
  const error: Error = await openConnection(settings).then(
    () => new Error("it connected"),
    (e) => e,
  );
  expect(error).toBeInstanceOf(NotAuthorizedError);
  expect(error.message).toMatch(/^The server at nats:\/\/127\.0\.0\.1:\d+ refused the credentials .*check the user/);
  expect(error.message).not.toContain("wr0ng");
});
