// Why there is no connection, in one sentence that says what to do.

import { createConnection } from "node:net";
import { errors } from "@nats-io/nats-core";
import { NotAuthorizedError, ServerUnreachableError } from "../protocol/errors.js";

/** `shown` is the address without credentials, `server` the first one as a URL. */
export async function whyNot(shown: string, server: string, error: unknown): Promise<Error> {
  const text = error instanceof Error ? error.message : String(error);
  const options = { cause: error };
  if (error instanceof errors.AuthorizationError || /authoriz|authentic/i.test(text)) {
    return new NotAuthorizedError(
      `The server at ${shown} refused the credentials (${text}); check the user and password, the token, or the file of --creds.`,
      options,
    );
  }
  const clear = certificate(shown, error) ?? known(shown, error, text);
  return new ServerUnreachableError(clear ?? unclear(shown, await firstWords(server), text), options);
}

const elsewhere = "start one (`jsrr server`), or give another address with --server or NATS_URL";

function known(at: string, error: unknown, text: string): string | undefined {
  const code = codeOf(error);
  if (/connection refused/.test(text) || code === "ECONNREFUSED")
    return `No nats-server can be reached at ${at} (connection refused); ${elsewhere}.`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return `No nats-server can be reached at ${at} (there is no such host, or no name server answers); check the address in --server or NATS_URL.`;
  if (/not support 'tls'|tls.*not available/i.test(text))
    return `The server at ${at} offers no TLS; use nats:// and leave out --tlsca, --tlscert and --tlskey, or enable TLS on the server.`;
  // What the client says when the peer closes without a word.
  if (/undefined error/.test(text))
    return `No nats-server can be reached at ${at} (it closed the connection at once); ${elsewhere}.`;
  return undefined;
}

const certificateCodes = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT_ALTNAME)/;

function certificate(at: string, error: unknown): string | undefined {
  const code = codeOf(error);
  if (!code || !certificateCodes.test(code)) return undefined;
  const reason = messageOf(error);
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return `The TLS certificate of the server at ${at} is not valid now (${reason}); renew it, or check the clock.`;
  if (code.startsWith("ERR_TLS_CERT_ALTNAME"))
    return `The TLS certificate of the server at ${at} is for another name (${reason}); use a name that it holds.`;
  return `The TLS certificate of the server at ${at} is not trusted (${reason}); give its certificate authority with --tlsca.`;
}

function unclear(at: string, words: FirstWords, text: string): string {
  if (words.kind === "other")
    return `What answers at ${at} is no nats-server (it says ${JSON.stringify(words.line)}); give the client port of one, usually 4222, with --server or NATS_URL.`;
  if (words.kind === "nats" && words.asksForCertificate)
    return `The server at ${at} asks for a client certificate that it trusts; give one with --tlscert and --tlskey.`;
  const reason = /timeout/i.test(text) ? "no answer in time" : text.replace(/\.$/, "");
  return `No nats-server can be reached at ${at} (${reason}); ${elsewhere}.`;
}

/** The client wraps what the system says, more than once. */
function codeOf(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    const { code } = e as NodeJS.ErrnoException;
    if (typeof code === "string") return code;
  }
  return undefined;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message.replace(/\.$/, "") : "");

// What stands at an address where a connection failed for no clear reason: asked once, for the error message only.

type FirstWords =
  /** It is a nats-server. */
  | { kind: "nats"; asksForCertificate: boolean }
  /** Something else answers. */
  | { kind: "other"; line: string }
  /** It accepts and says nothing, or does not accept. */
  | { kind: "silent" };

const patienceMs = 500;

/** A nats-server speaks first (`INFO {...}`); HTTP and the like answer what they do not understand. */
function firstWords(server: string): Promise<FirstWords> {
  const { hostname, port } = new URL(server);
  return new Promise((resolve) => {
    const socket = createConnection({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 4222) });
    let said = "";
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(told(said));
    };
    const timer = setTimeout(end, patienceMs);
    socket.setEncoding("latin1");
    socket.on("data", (text) => {
      said += text;
      if (said.includes("\n") || said.length > 65_536) end();
    });
    socket.on("error", end);
    socket.on("close", end);
    socket.write("PING\r\n");
  });
}

function told(said: string): FirstWords {
  const [line = ""] = said.split(/\r?\n/);
  if (line.startsWith("INFO {")) {
    return { kind: "nats", asksForCertificate: /"tls_verify":\s*true/.test(line) };
  }
  // Whatever it is, it must not reach a terminal as control characters.
  const shown = line.replace(/[^\x20-\x7e]/g, "?").slice(0, 60);
  return shown ? { kind: "other", line: shown } : { kind: "silent" };
}
