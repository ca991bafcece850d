// The built docs site on a free port of 127.0.0.1, as a static host with clean URLs serves it.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const built = fileURLToPath(new URL("../../docs/.vitepress/dist/", import.meta.url));

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

export interface Site extends AsyncDisposable {
  url: string;
}

/** @throws if the site is not built. */
export async function serveSite(): Promise<Site> {
  if (!existsSync(join(built, "index.html"))) throw new Error("The site is not built: run `npm run docs:build` first.");
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://site").pathname));
    const candidates = [path, `${path}.html`, join(path, "index.html")].map((name) => join(built, name));
    const file = candidates.find((name) => extname(name) !== "" && existsSync(name));
    response.writeHead(file ? 200 : 404, { "content-type": types[extname(file ?? ".html")] ?? "text/plain" });
    createReadStream(file ?? join(built, "404.html")).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
