// Websocket listener of an external server: its address, and whether it accepts the demo's page.
import { randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { InvalidInputError } from "../protocol/errors.js";

const answerMs = 3_000;

/** @throws InvalidInputError if the text is no address of a websocket. */
export function websocketOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ["ws:", "wss:"].includes(url.protocol)) return url;
  throw new InvalidInputError(
    `Expected --websocket to be the address of the server's websocket listener like "ws://127.0.0.1:9222", got "${text}".`,
  );
}

/**
 * Opens a websocket as a page of `origin` would, and closes it.
 * @throws InvalidInputError if there is no listener, or if it refuses the origin.
 */
export async function checkListener(url: URL, origin: string): Promise<void> {
  const status = await handshake(url, origin).catch((cause) => {
    throw new InvalidInputError(
      `There is no websocket listener at ${url.protocol}//${url.host}: ${reasonOf(cause)}. Add \`websocket { port: 9222, no_tls: true }\` to the server's configuration, and name its address with --websocket.`,
      { cause },
    );
  });
  if (status === 101) return;
  throw new InvalidInputError(
    `The websocket listener at ${url.host} refuses the page (HTTP ${status}): add ${origin} to its \`allowed_origins\`; --port keeps the page's port.`,
  );
}

const reasonOf = ({ code, message }: NodeJS.ErrnoException) =>
  code === "ECONNREFUSED" ? "the connection is refused" : code?.startsWith("HPE_") ? "it does not speak HTTP" : message;

function handshake(url: URL, origin: string): Promise<number> {
  const isSecure = url.protocol === "wss:";
  const request = isSecure ? httpsRequest : httpRequest;
  const headers = {
    ...{ connection: "Upgrade", upgrade: "websocket", origin },
    ...{ "sec-websocket-version": "13", "sec-websocket-key": randomBytes(16).toString("base64") },
  };
  return new Promise((resolve, reject) => {
    // The browser checks the certificate; only the listener is looked for here.
    const target = `${isSecure ? "https" : "http"}://${url.host}${url.pathname}${url.search}`;
    const asked = request(target, { headers, rejectUnauthorized: false, signal: AbortSignal.timeout(answerMs) });
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    asked.on("response", (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    asked.on("error", (error) =>
      reject(error.name === "AbortError" || error.name === "TimeoutError" ? new Error("it does not answer") : error),
    );
    asked.end();
  });
}
