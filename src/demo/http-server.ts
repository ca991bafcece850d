// Demo HTTP server: serves the page on loopback, sends it the events, and takes its clicks. Only the holder of the token is answered.
import { timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { EventBody, HistoryEvent } from "../history/event.js";
import { newRequestId } from "../protocol/request-id.js";
import { html } from "../report/html/page.js";
import { click, testText } from "./clicks.js";
import type { Depths, Message } from "./messages.js";
import type { DemoSession } from "./session.js";

/** Milliseconds between two looks at the streams, and at most between an event and its message to the page. */
const [depthsMs, batchMs] = [150, 16];
/** Bytes of a request's body: a batch of events of a thousand requests. */
const mostBody = 2_000_000;

const folder = new URL("../../dist/demo-page/", import.meta.url);
const files: Record<string, [file: string, type: string]> = {
  "": ["index.html", "text/html; charset=utf-8"],
  "page.js": ["page.js", "text/javascript; charset=utf-8"],
  "page.css": ["page.css", "text/css; charset=utf-8"],
};

class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class DemoHttpServer implements AsyncDisposable {
  readonly token = newRequestId();
  readonly #server: Server;
  readonly #pages = new Set<ServerResponse>();
  #session: DemoSession | undefined;
  #unsent: HistoryEvent[] = [];
  #batch: NodeJS.Timeout | undefined;
  #depths: Depths = null;
  #timer: NodeJS.Timeout | undefined;

  /** Listens on 127.0.0.1; port 0 takes any free one. @throws the system's error, e.g. EADDRINUSE. */
  static async listen(port: number): Promise<DemoHttpServer> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    return new DemoHttpServer(server);
  }

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => void this.#answer(request, response));
  }

  /** The page's origin, as a browser names it. */
  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.origin}/${this.token}/`;
  }

  /** From now on the page shows this session. */
  show(session: DemoSession): void {
    this.#session = session;
    const look = async () => {
      const depths = this.#pages.size > 0 ? await session.depths() : this.#depths;
      if (JSON.stringify(depths) !== JSON.stringify(this.#depths)) {
        this.#depths = depths;
        this.#send({ depths });
      }
      if (this.#timer) this.#timer = setTimeout(look, depthsMs);
    };
    this.#timer = setTimeout(look, 0);
  }

  /** Sends an event to every open page, together with those of the same moment. */
  onEvent(event: HistoryEvent): void {
    this.#unsent.push(event);
    this.#batch ??= setTimeout(() => {
      this.#batch = undefined;
      this.#send({ events: this.#unsent.splice(0) });
    }, batchMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#batch);
    this.#timer = undefined;
    for (const page of this.#pages) page.end();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #send(message: Message): void {
    const text = `data: ${JSON.stringify(message)}\n\n`;
    for (const page of this.#pages) page.write(text);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = this.#admit(request);
      setSafetyHeaders(response, this.#session?.connection.servers ?? "");
      await this.#route(path, request, response);
    } catch (error) {
      const status = error instanceof Refused ? error.status : 409;
      if (response.headersSent) return void response.destroy();
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: (error as Error).message }));
    }
  }

  /**
   * The path behind the token. A page of another origin, and one whose name was bound to this address (DNS rebinding), is refused.
   * @throws Refused
   */
  #admit({ headers, url = "", method }: IncomingMessage): string {
    if (headers.host !== new URL(this.origin).host) throw new Refused(403, "This address is for 127.0.0.1 only.");
    const isForeign = headers.origin !== undefined && headers.origin !== this.origin;
    if (isForeign || headers["sec-fetch-site"] === "cross-site") throw new Refused(403, "Another page may not ask.");
    if (method === "POST" && headers.origin !== this.origin) throw new Refused(403, "Only the demo's page may click.");
    const [, token = "", ...path] = new URL(url, this.origin).pathname.split("/");
    if (!isSame(token, this.token)) throw new Refused(404, "Open the whole address that `jsrr demo` printed.");
    return path.join("/");
  }

  async #route(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const session = this.#session;
    if (!session) throw new Refused(503, "The demo is not ready.");
    const file = files[path];
    if (request.method === "POST") {
      const body: unknown = JSON.parse(await readBody(request));
      if (path === "click") await session.perform(click.parse(body));
      else if (path === "events") session.recordOfTab(body as EventBody[]);
      else throw new Refused(404, "There is nothing here.");
      return sendText(response, "application/json", "{}");
    }
    if (file) return sendText(response, file[1], await readFile(fileURLToPath(new URL(file[0], folder)), "utf8"));
    switch (path) {
      case "stream":
        return this.#open(response, session);
      case "connection":
        return sendText(response, "application/json", JSON.stringify(session.connection));
      case "scenario.yaml":
        return sendText(response, "text/plain; charset=utf-8", session.scenario());
      case "demo.test.ts":
        return sendText(response, "text/plain; charset=utf-8", testText(session.scenario()));
      case "report.html": {
        response.removeHeader("content-security-policy"); // the report has its style and script in itself
        response.setHeader("content-disposition", 'attachment; filename="report.html"');
        return sendText(response, "text/html; charset=utf-8", html(session.run()));
      }
      default:
        throw new Refused(404, "There is nothing here.");
    }
  }

  /** Server-sent events: everything so far, and then each event as it happens. */
  #open(response: ServerResponse, session: DemoSession): void {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(
      `retry: 500\ndata: ${JSON.stringify({ snapshot: session.events, depths: this.#depths ?? null, isExternal: session.isExternal })}\n\n`,
    );
    // Those of this moment are in the snapshot; the page counts an event once.
    this.#pages.add(response);
    response.on("close", () => this.#pages.delete(response));
  }
}

function setSafetyHeaders(response: ServerResponse, websocket: string): void {
  response.setHeader(
    "content-security-policy",
    `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ${websocket}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  response.setHeader("referrer-policy", "no-referrer");
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("cross-origin-opener-policy", "same-origin");
  response.setHeader("cache-control", "no-store");
}

function sendText(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { "content-type": type });
  response.end(text);
}

async function readBody(request: IncomingMessage): Promise<string> {
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? "")) throw new Refused(415, "Expected JSON.");
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBody) throw new Refused(413, `Expected at most ${mostBody} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const isSame = (given: string, wanted: string) =>
  given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
