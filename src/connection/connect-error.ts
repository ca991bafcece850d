// Connect errors: why there is no connection, in one sentence that says what to do.
import { createConnection } from "node:net";
import { errors } from "@nats-io/nats-core";
import { NotAuthorizedError, ServerUnreachableError } from "../protocol/errors.js";

/** `shown` is the address without credentials, `server` the first one as a URL. */
export async function connectError(shown: string, server: string, error: unknown): Promise<Error> {
  const text = error instanceof Error ? error.message : String(error);
  const options = { cause: error };
  if (error instanceof errors.AuthorizationError || /authoriz|authentic/i.test(text)) {
    return new NotAuthorizedError(
      `The server at ${shown} refused the credentials (${text}); check the user and password, the token, or the file of --creds.`,
      options,
    );
  }
  const reason = certificateFailure(shown, error) ?? networkFailure(shown, error, text);
  if (/^wss?:/.test(server)) return new ServerUnreachableError(reason ?? noWebSocket(shown, text), options);
  return new ServerUnreachableError(reason ?? otherFailure(shown, await readGreeting(server), text), options);
}

const tlsFirst =
  " If the server has handshake_first, the TLS handshake comes first: use --tlsfirst, or handshakeFirst of openConnection.";

const startOrName = "start one (`jsrr server`), or give another address with --server or NATS_URL";

function networkFailure(at: string, error: unknown, text: string): string | undefined {
  const code = codeOf(error);
  if (/connection refused/.test(text) || code === "ECONNREFUSED")
    return `No nats-server can be reached at ${at} (connection refused); ${startOrName}.`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return `No nats-server can be reached at ${at} (there is no such host, or no name server answers); check the address in --server or NATS_URL.`;
  if (/not support 'tls'|tls.*not available/i.test(text))
    return `The server at ${at} offers no TLS; use nats:// and leave out --tlsca, --tlscert and --tlskey, or enable TLS on the server.`;
  // The client's error when the peer closes before it sent anything.
  if (/undefined error/.test(text))
    return `No nats-server can be reached at ${at} (it closed the connection at once); ${startOrName}.${at.startsWith("tls:") ? tlsFirst : ""}`;
  return undefined;
}

const noWebSocket = (at: string, text: string) =>
  `No nats-server can be reached at ${at} (${text.replace(/\.$/, "") || "no websocket"}); give the address of its websocket listener.`;

const certificateCodes = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT_ALTNAME)/;

function certificateFailure(at: string, error: unknown): string | undefined {
  const code = codeOf(error);
  if (!code || !certificateCodes.test(code)) return undefined;
  const reason = messageOf(error);
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return `The TLS certificate of the server at ${at} is not valid now (${reason}); renew it, or check the clock.`;
  if (code.startsWith("ERR_TLS_CERT_ALTNAME"))
    return `The TLS certificate of the server at ${at} is for another name (${reason}); use a name that it holds.`;
  return `The TLS certificate of the server at ${at} is not trusted (${reason}); give its certificate authority with --tlsca.`;
}

function otherFailure(at: string, greeting: Greeting, text: string): string {
  if (greeting.kind === "other")
    return `What answers at ${at} is no nats-server (it says ${JSON.stringify(greeting.line)}); give the client port of one, usually 4222, with --server or NATS_URL.`;
  if (greeting.kind === "nats" && greeting.asksForCertificate)
    return `The server at ${at} asks for a client certificate that it trusts; give one with --tlscert and --tlskey.`;
  const reason = /timeout/i.test(text) ? "no answer in time" : text.replace(/\.$/, "");
  return `No nats-server can be reached at ${at} (${reason}); ${startOrName}.`;
}

/** The client wraps the system's error, more than once. */
function codeOf(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    const { code } = e as NodeJS.ErrnoException;
    if (typeof code === "string") return code;
  }
  return undefined;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message.replace(/\.$/, "") : "");

// The greeting: the first bytes from an address where a connection failed for no clear reason. Read once, for the error message.

type Greeting =
  /** A nats-server. */
  | { kind: "nats"; asksForCertificate: boolean }
  /** Another program answers. */
  | { kind: "other"; line: string }
  /** The peer accepts and sends nothing, or does not accept. */
  | { kind: "silent" };

const greetingMs = 500;

/** A nats-server sends first (`INFO {...}`); HTTP servers and the like answer an unknown request. */
function readGreeting(server: string): Promise<Greeting> {
  const { hostname, port } = new URL(server);
  return new Promise((resolve) => {
    const socket = createConnection({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 4222) });
    let received = "";
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(greetingOf(received));
    };
    const timer = setTimeout(end, greetingMs);
    socket.setEncoding("latin1");
    socket.on("data", (text) => {
      received += text;
      if (received.includes("\n") || received.length > 65_536) end();
    });
    socket.on("error", end);
    socket.on("close", end);
    socket.write("PING\r\n");
  });
}

function greetingOf(received: string): Greeting {
  const [line = ""] = received.split(/\r?\n/);
  if (line.startsWith("INFO {")) {
    return { kind: "nats", asksForCertificate: /"tls_verify":\s*true/.test(line) };
  }
  // No control character of it may reach a terminal.
  const shown = line.replace(/[^\x20-\x7e]/g, "?").slice(0, 60);
  return shown ? { kind: "other", line: shown } : { kind: "silent" };
}
