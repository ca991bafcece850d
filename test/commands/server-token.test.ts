// `jsrr server --token`: open on loopback without it, and with it only for clients that know the token.
import { connect } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { openConnection } from "../../src/index.js";
import { jsrrHere, startJsrr } from "../support/cli.js";

test("jsrr server --token refuses clients without the token", async () => {
  await using server = startJsrr(["server", "--port", "0", "--token", "s3cret-token"]);
  const [, port] = await server.says(/nats:\/\/127\.0\.0\.1:(\d+)/);
  await expect(connect({ port: Number(port), reconnect: false })).rejects.toThrow(/authorization/i);
  const nc = await openConnection({ servers: `nats://s3cret-token@127.0.0.1:${port}` });
  await nc.close();
});

test.each(["short", 'quote"quote', "a}b{c}d{e"])(
  "jsrr server refuses the token %j, and does not print it",
  async (token) => {
    const { code, stderr } = await jsrrHere(["server", "--token", token]);
    expect({ code, shown: stderr.includes(token) }).toEqual({ code: 4, shown: false });
  },
);
