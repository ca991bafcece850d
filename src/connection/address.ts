// Server addresses: what the user wrote, taken apart into hosts and credentials, and shown again without the credentials.
import { InvalidInput } from "../protocol/errors.js";

export interface Address {
  /** `nats://host:port`, never with credentials. */
  servers: string[];
  /** At least one address is `tls://`: a server without TLS will not do. */
  tls: boolean;
  user?: string;
  pass?: string;
  token?: string;
}

/**
 * One URL or several with commas. `user:password@` is a user, `token@` a token.
 * @throws InvalidInput, without the credentials in its message.
 */
export function readAddress(servers: string): Address {
  const parts = servers.split(",").map((part) => part.trim());
  const urls = parts.filter(Boolean).map(parseUrl);
  if (urls.length === 0) throw notAnAddress(servers);
  const address = {
    servers: urls.map((url) => `${url.protocol}//${url.host}`),
    tls: urls.some((url) => url.protocol === "tls:"),
  };
  const named = urls.find((url) => url.username);
  if (!named) return address;
  const user = decode(named.username);
  if (!named.password) return { ...address, token: user };
  return { ...address, user, pass: decode(named.password) };
}

/**
 * The address without its credentials, for messages and reports. Works on what is no address, too: whatever stands before
 * the last `@` may be a secret.
 */
export function displayUrl(servers: string): string {
  return servers
    .split(",")
    .map((part) => part.trim().replace(/^([a-z]+:\/\/)?.*@/is, "$1"))
    .join(",");
}

function parseUrl(text: string): URL {
  const full = /^[a-z]+:\/\//i.test(text) ? text : `nats://${text}`;
  if (!URL.canParse(full)) throw notAnAddress(text);
  const url = new URL(full);
  if (/^(nats|tls):$/.test(url.protocol) && url.hostname) return url;
  throw notAnAddress(text);
}

function notAnAddress(text: string): InvalidInput {
  const secret = text.includes("@")
    ? "; in a user name or password, write @ / : , % as %40 %2F %3A %2C %25"
    : "";
  return new InvalidInput(
    `Expected a server URL such as nats://127.0.0.1:4222, got ${JSON.stringify(displayUrl(text))}${secret}.`,
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InvalidInput(
      "The user name or password in the server URL holds a % that is no escape; write it as %25, or use --user and --password.",
    );
  }
}
