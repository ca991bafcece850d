// TLS, against a real server: trusted, not trusted, mutual, and none where it was asked for.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { type ConnectionSettings, InvalidInputError, openConnection, ServerUnreachableError } from "../../src/index.js";
import { makeCertificates } from "../support/certificates.js";
import { startTestServer } from "../support/server.js";

const folder = mkdtempSync(join(tmpdir(), "test-tls-"));
const { ca, cert, key } = makeCertificates(folder);
const pair = `cert_file: "${cert}", key_file: "${key}"`;
const [tls, mutual, plain] = await Promise.all([
  startTestServer({ config: `tls { ${pair} }` }),
  startTestServer({ config: `tls { ${pair}, ca_file: "${ca}", verify: true }` }),
  startTestServer(),
]);
afterAll(async () => {
  await Promise.all([tls, mutual, plain].map((server) => server[Symbol.asyncDispose]()));
  rmSync(folder, { recursive: true });
});

async function outcome(settings: ConnectionSettings): Promise<Error | "connected" | "encrypted"> {
  try {
    const nc = await openConnection({ timeoutMs: 1000, ...settings });
    const encrypted = nc.info?.tls_required === true;
    await nc.close();
    return encrypted ? "encrypted" : "connected";
  } catch (error) {
    return error as Error;
  }
}

it("a client connects with the certificate authority, and is refused without it", async () => {
  expect(await outcome({ servers: tls.url, tlsCa: ca })).toBe("encrypted");
  const error = await outcome({ servers: tls.url });
  expect(error).toBeInstanceOf(ServerUnreachableError);
  expect(String(error)).toMatch(/is not trusted \(.*\); give its certificate authority with --tlsca/);
});

it("a server that requires a client certificate accepts a client that has one", async () => {
  const settings = { servers: mutual.url, tlsCa: ca };
  expect(await outcome({ ...settings, tlsCert: cert, tlsKey: key })).toBe("encrypted");
  expect(String(await outcome(settings))).toMatch(/asks for a client certificate.*--tlscert and --tlskey/);
});

it.each([{ tlsCa: ca }, {}])("a client that requires TLS does not fall back to plain text", async (more) => {
  const error = await outcome({ servers: plain.url.replace("nats:", "tls:"), ...more });
  expect(String(error)).toMatch(/offers no TLS/);
});

it("an unreadable certificate file is named before anything connects", async () => {
  const text = join(folder, "text");
  writeFileSync(text, "not a certificate");
  const broken = join(folder, "broken.pem");
  writeFileSync(broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const cases: [Partial<ConnectionSettings>, RegExp][] = [
    [{ tlsCa: join(folder, "none") }, /Cannot read .*none \(--tlsca\): there is no such file/],
    [{ tlsCa: folder }, /\(--tlsca\): it is a folder/],
    [{ tlsCa: text }, /\(--tlsca\) is no PEM file/],
    [{ tlsCert: broken, tlsKey: key }, /TLS files cannot be used/],
    [{ tlsCert: cert }, /needs both --tlscert and --tlskey/],
    [{ creds: join(folder, "none") }, /\(--creds\): there is no such file/],
    [{ creds: text }, /\(--creds\) is no credentials file/],
  ];
  for (const [settings, message] of cases) {
    const error = await outcome({ servers: "nats://127.0.0.1:1", ...settings });
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(String(error)).toMatch(message);
  }
});
