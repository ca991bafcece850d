// docs/runtimes.md, each line with the real tool: the packed tarball, installed by npm in an empty project.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, type TestContext, test } from "vitest";
import { read } from "../docs/page.js";
import { startTestServer } from "../support/server.js";
import { websocketUrl } from "../support/websocket.js";
import { kit, pack, run, temporary } from "./project.js";

const folder = temporary();
let tarball: string;
beforeAll(async () => {
  tarball = await pack(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

type Skip = TestContext["skip"];

let projects = 0;

/** An empty project with the kit and other packages. No install script runs: the packages hold their binaries. */
async function install(skip: Skip, type: "module" | "commonjs", ...packages: string[]): Promise<string> {
  const path = join(folder, `project-${projects++}`);
  mkdirSync(path);
  writeFileSync(join(path, "package.json"), JSON.stringify({ name: "project", version: "1.0.0", type }));
  const options = "--prefer-offline --no-audit --no-fund --fetch-retries=1 --ignore-scripts".split(" ");
  const { code, output } = await run(path, "npm", ["install", ...options, tarball, ...packages]);
  if (/E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|NETUNREACH)|network/.test(output) && code !== 0)
    skip("the package registry does not answer");
  if (/EBADPLATFORM|E404|ETARGET/.test(output) && code !== 0) skip(`no binary for ${process.platform}: ${output}`);
  expect(code, output).toBe(0);
  return path;
}

const transport = "@nats-io/transport-node";

/** The ten lines of docs/start.md, a server that is killed, and the reply to a request that was sent before. */
const program = (imports: string, connect = "connect", address = "servers") => `${imports}
const main = async () => {
  const nc = await ${connect}({ ${address}: process.argv[2], reconnectTimeWait: 100, maxReconnectAttempts: -1 });
  await setup(nc);
  const handlers = { "order-tea": () => "🍵" };
  const bob = await Responder.start(nc, { handlers });
  const alice = await Requester.open(nc, { name: "alice" });
  console.log((await alice.request("order-tea")).text);
  await bob.drain();
  const handle = await alice.send("order-tea");
  const reconnected = (async () => {
    for await (const { type } of nc.status()) if (type === "reconnect") return;
  })();
  console.log("stored");
  await reconnected;
  const carol = await Responder.start(nc, { handlers });
  console.log((await collect(nc, handle, { timeoutMs: 20_000 })).text);
  await carol.drain();
  await alice.close();
  await nc.close();
};
main();
`;
const names = "{ collect, Requester, Responder, setup }";
const esm = program(`import { connect } from "${transport}"; import ${names} from "${kit}";`);
const commonJs = program(`const { connect } = require("${transport}"); const ${names} = require("${kit}");`);

/** The server is killed and started again when the program has its PubAck. @returns all that the program wrote. */
async function play(path: string, command: string, args: readonly string[], config = ""): Promise<string> {
  await using server = await startTestServer({ config });
  const url = config === "" ? server.url : await websocketUrl(server);
  const child = spawn(command, [...args, url], { cwd: path, env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1" } });
  let output = "";
  let restarted: Promise<void> | undefined;
  const onText = (text: Buffer) => {
    output += text;
    if (output.includes("stored\n")) restarted ??= server.kill().then(() => server.restart());
  };
  child.stdout.on("data", onText);
  child.stderr.on("data", onText);
  const [code] = await once(child, "close");
  await restarted;
  return code === 0 ? output : `${output}exit code ${code}`;
}
const played = "🍵\nstored\n🍵\n";

/** The package that holds the binary, and the binary's place in it; undefined where there is none. */
const platform = `${process.platform}-${process.arch}`;
const packages: Record<string, { bun: string; deno: string }> = {
  "linux-x64": { bun: "@oven/bun-linux-x64-baseline", deno: "@deno/linux-x64-glibc" },
  "linux-arm64": { bun: "@oven/bun-linux-aarch64", deno: "@deno/linux-arm64-glibc" },
  "darwin-x64": { bun: "@oven/bun-darwin-x64", deno: "@deno/darwin-x64" },
  "darwin-arm64": { bun: "@oven/bun-darwin-aarch64", deno: "@deno/darwin-arm64" },
};

async function installTool(skip: Skip, tool: "bun" | "deno", type: "module" | "commonjs" = "module") {
  const name = packages[platform]?.[tool];
  if (name === undefined) return skip(`${tool} has no package for ${platform}`);
  const path = await install(skip, type, transport, name);
  const binary = join(path, "node_modules", name, tool === "bun" ? "bin/bun" : "deno");
  const { output } = await run(path, binary, ["--version"]);
  return { path, binary, version: /\d+\.\d+/.exec(output)?.[0] };
}

/** The package of a version of Node.js. */
const node = (major?: number) => `node-${process.platform}-${process.arch}${major === undefined ? "" : `@${major}`}`;
const nodeIn = (path: string) => join(path, "node_modules", node(), "bin/node");

describe("Node.js", () => {
  test.for([20, 22, 24])("Node %i runs the program as ESM and with require()", async (major, { skip }) => {
    const path = await install(skip, "module", transport, node(major));
    const binary = nodeIn(path);
    expect((await run(path, binary, ["--version"])).output).toMatch(new RegExp(`^v${major}\\.`));
    writeFileSync(join(path, "tea.mjs"), esm);
    expect(await play(path, binary, ["tea.mjs"])).toBe(played);
    writeFileSync(join(path, "tea.cjs"), commonJs);
    expect(await play(path, binary, ["--no-warnings", "tea.cjs"])).toBe(played);
    writeFileSync(join(path, "testing.cjs"), `console.log(typeof require("${kit}/testing").startLab);`);
    const testing = await run(path, binary, ["--no-warnings", "testing.cjs"]);
    expect(testing).toEqual({ code: 0, output: "function\n" });
  });
});

describe("Bun", () => {
  test("runs the program as ESM and as CommonJS, `bun test` of the page, and a scenario", async ({ skip }) => {
    const { path, binary: bun, version } = (await installTool(skip, "bun")) ?? skip();
    writeFileSync(join(path, "tea.mjs"), esm);
    expect(await play(path, bun, ["tea.mjs"])).toBe(played);
    writeFileSync(join(path, "tea.cjs"), commonJs);
    expect(await play(path, bun, ["tea.cjs"])).toBe(played);
    writeFileSync(join(path, "order.test.ts"), block("bun:test"));
    expect((await run(path, bun, ["test"])).output).toMatch(/1 pass\n *0 fail/);
    const scenario = await run(path, bun, [
      "--bun",
      `node_modules/${kit}/dist/cli.js`,
      "scenario",
      "offline-responder",
    ]);
    expect(scenario.output).toContain("✔ held");
    expect(page).toContain(`| Bun ${version} | yes | \`bun test\` | yes |`);
  });
});

describe("Deno", () => {
  test("runs the program as ESM and as CommonJS, `deno test` of the page, and a scenario", async ({ skip }) => {
    const { path, binary: deno, version } = (await installTool(skip, "deno")) ?? skip();
    writeFileSync(join(path, "tea.mjs"), esm);
    expect(await play(path, deno, ["run", "--no-prompt", "--allow-net", "tea.mjs"])).toBe(played);
    writeFileSync(join(path, "tea.cjs"), commonJs);
    expect(await play(path, deno, ["run", "-A", "tea.cjs"])).toBe(played);
    writeFileSync(join(path, "order.test.ts"), block("Deno.test"));
    expect((await run(path, deno, ["test", "-A", "--no-check"])).output).toMatch(/1 passed .* 0 failed/);
    const cli = `node_modules/${kit}/dist/cli.js`;
    const scenario = await run(path, deno, ["run", "-A", cli, "scenario", "offline-responder"]);
    expect(scenario.output).toContain("✔ held");
    expect(page).toContain(`| Deno ${version} | yes | \`deno test\` | yes |`);
  });
});

const page = read("docs/runtimes.md");

/** The first code block of the page with this text in it. */
function block(text: string): string {
  const blocks = [...page.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
  const found = blocks.find((code) => code.includes(text));
  if (found === undefined) throw new Error(`docs/runtimes.md has no code block with ${text}.`);
  return found;
}

describe("Jest", () => {
  const order = `import { startLab } from "${kit}/testing";
test("replies to an order", async () => {
  await using lab = await startLab();
  await lab.responder();
  expect((await (await lab.requester()).request("order-sandwich")).text).toBe("🥪");
}, 30_000);
`
    .replace("await using lab = await startLab();", "const lab = await startLab();")
    .replace("\n}, 30_000)", "\n  await lab[Symbol.asyncDispose]();\n}, 30_000)");

  test("runs a test as ESM with the page's configuration, and says so without the flag", async ({ skip }) => {
    const path = await install(skip, "module", "jest@30", node(22));
    writeFileSync(join(path, "jest.config.mjs"), block("testMatch"));
    writeFileSync(join(path, "order.test.mjs"), order);
    const jest = "node_modules/jest/bin/jest.js";
    const withFlag = await run(path, process.execPath, ["--experimental-vm-modules", "--no-warnings", jest]);
    expect(withFlag.output).toContain("Tests:       1 passed, 1 total");
    expect(withFlag.code).toBe(0);

    writeFileSync(join(path, "common.test.cjs"), `test("loads", () => void require("${kit}"));`);
    const config = JSON.stringify({ testMatch: ["**/common.test.cjs"], transform: {} });
    const without = await run(path, nodeIn(path), ["--no-warnings", jest, "--config", config]);
    expect(without.output).toContain((/`(Must use import[^`]*)`/.exec(page) ?? [])[1]);
    expect(without.code).toBe(1);
  });
});

describe("TypeScript", () => {
  const service = `import { setup, Requester, Responder, type Reply } from "${kit}";
import { connect } from "${transport}";
export async function main(): Promise<string> {
  const nc = await connect();
  await setup(nc);
  const bob = await Responder.start(nc, { handlers: { tea: (request) => request.text } });
  const alice = await Requester.open(nc, { name: "alice" });
  const reply: Reply = await alice.request("tea", "x");
  await bob.drain();
  // @ts-expect-error: the types are there, so that a wrong one is an error
  reply.status = 7;
  return reply.text;
}
`;
  /** What the page promises, with and without `skipLibCheck`. */
  const promised = [
    { type: "module", module: "esnext", resolution: "bundler", skipLibCheck: ["true", "false"] },
    { type: "module", module: "node16", resolution: "node16", skipLibCheck: ["true", "false"] },
    { type: "module", module: "nodenext", resolution: "nodenext", skipLibCheck: ["true", "false"] },
    { type: "commonjs", module: "nodenext", resolution: "nodenext", skipLibCheck: ["true", "false"] },
    { type: "commonjs", module: "commonjs", resolution: "node10", skipLibCheck: ["true"] },
  ];

  test("the types of each entry compile in each resolution of the page", async ({ skip }) => {
    const path = await install(skip, "module", transport, "typescript@5.8", "@types/node@20");
    const compile = async (type: string, options: string, ...files: string[]) => {
      writeFileSync(join(path, "package.json"), JSON.stringify({ type }));
      const common = "--noEmit --strict --target es2022 --lib es2023,esnext.disposable,dom --types node";
      const args = ["node_modules/typescript/bin/tsc", ...`${common} ${options}`.split(" "), ...files];
      return (await run(path, process.execPath, args)).output;
    };
    writeFileSync(join(path, "service.ts"), service);
    writeFileSync(join(path, "lab.ts"), lab);
    for (const { type, module, resolution, skipLibCheck } of promised)
      for (const skips of skipLibCheck) {
        const options = `--module ${module} --moduleResolution ${resolution} --skipLibCheck ${skips}`;
        expect(await compile(type, options, "service.ts", "lab.ts"), `${type} ${options}`).toBe("");
      }

    // A CommonJS file under node16 has to import() the package: TypeScript forbids a require() of ES modules there.
    writeFileSync(join(path, "later.ts"), `export const kit = () => import("${kit}").then(({ setup }) => setup);`);
    const node16 = "--module node16 --moduleResolution node16 --skipLibCheck";
    expect(await compile("commonjs", node16, "later.ts")).toBe("");
    expect(await compile("commonjs", node16, "service.ts")).toContain("TS1479");
    expect(page).toContain("TS1479");
  });

  const lab = `import { startLab, type Lab } from "${kit}/testing";
import { openTelemetry } from "${kit}/opentelemetry";
export const start = (): Promise<Lab> => startLab();
export const telemetry = openTelemetry;
`;
});

describe("browsers", () => {
  test("a bundle has no Node module, and runs over a websocket without Node's", async ({ skip }) => {
    const path = await install(skip, "module", "@nats-io/nats-core", node(22));
    const imports = `import { wsconnect } from "@nats-io/nats-core"; import ${names} from "${kit}";`;
    writeFileSync(join(path, "tea.js"), program(imports, "wsconnect"));
    const { outputFiles, metafile } = await build({
      ...{ entryPoints: [join(path, "tea.js")], bundle: true, write: false, metafile: true, platform: "browser" },
      ...{ format: "esm", logLevel: "silent", absWorkingDir: path },
    });
    const imported = Object.values(metafile.inputs).flatMap((input) => input.imports);
    const foreign = imported.filter((one) => one.path.startsWith("node:") || one.external);
    expect(foreign.filter((one) => one.path !== "<runtime>")).toEqual([]);
    writeFileSync(join(path, "bundle.mjs"), outputFiles[0]?.text ?? "");
    // The same port after the restart.
    const port = createServer().listen(0, "127.0.0.1");
    await once(port, "listening");
    const address = `127.0.0.1:${(port.address() as AddressInfo).port}`;
    port.close();
    await once(port, "close");
    const websocket = `websocket { listen: "${address}", no_tls: true }`;
    // Node 22 has the WebSocket of browsers.
    expect(await play(path, nodeIn(path), ["bundle.mjs"], websocket)).toBe(played);
  });
});
