// What is published, as its users get it: the tarball, unpacked and resolved through its `exports`.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, test } from "vitest";
import { read } from "../docs/page.js";
import { kit, pack, project, root, temporary } from "./project.js";

const folder = temporary();
let tarball: string;
beforeAll(async () => {
  tarball = await pack(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = () => new Uint8Array(readFileSync(tarball));
const bin = (name: string) => join(root, "node_modules", ".bin", name);

test("publint reports no problem", async () => {
  const { messages, pkg } = await publint({ pack: { tarball: bytes().buffer as ArrayBuffer } });
  expect(messages.map((message) => formatMessage(message, pkg as object))).toEqual([]);
});

test("the types of every entry resolve for ESM users", async () => {
  const checked = await checkPackage(createPackageFromTarballData(bytes()));
  if (!checked.types) throw new Error("the tarball has no types");
  expect(Object.keys(checked.entrypoints)).toEqual(
    expect.arrayContaining([".", "./opentelemetry", "./testing", "./testing/vitest"]),
  );
  // ES modules only. runtimes.test.ts compiles with the resolution of Node 10, whose attw knows no `typesVersions` of entries in `exports`.
  const unpromised = ["node10", "node16-cjs"];
  const problems = checked.problems.filter(
    (problem) => !("resolutionKind" in problem && unpromised.includes(problem.resolutionKind)),
  );
  expect(problems).toEqual([]);
});

test("/testing runs with node:test and compiles in a project without vitest", async () => {
  using plain = await project(tarball, ["@types", "undici-types"]);
  plain.copy("examples/order-service");
  const tested = await plain.run(process.execPath, "--test", "order-service.node.mjs");
  expect(tested.output).toMatch(/pass 1\n/);
  expect(tested.code).toBe(0);

  plain.write("outside.ts", outsideUser);
  const options = "--noEmit --strict --target es2022 --lib es2023,esnext.disposable --module nodenext --types node";
  const compiled = await plain.run(bin("tsc"), ...options.split(" "), "outside.ts");
  expect(compiled).toEqual({ code: 0, output: "" });

  plain.write("container.mjs", `import { startLab } from "${kit}/testing"; await startLab({ container: true });`);
  const container = await plain.run(process.execPath, "container.mjs");
  expect(container.output).toContain("npm install --save-dev @testcontainers/nats");
});

test("the example's tests pass and the matchers are typed in a project with vitest", async () => {
  using service = await project(tarball, ["vitest", "@types", "undici-types"]);
  service.copy("examples/order-service");
  const { code, output } = await service.run(process.execPath, "node_modules/vitest/vitest.mjs", "run");
  expect(output).toMatch(/Tests {2}4 passed/);
  expect(code).toBe(0);

  const entries: Record<string, string> = {
    index: kit,
    "testing/index": `${kit}/testing`,
    "testing/vitest": `${kit}/testing/vitest`,
  };
  const types = read("test/testing/types.ts").replaceAll(/"\.\.\/\.\.\/src\/([\w/]+)\.js"/g, (source, from) =>
    entries[from] ? JSON.stringify(entries[from]) : source,
  );
  service.write("types.ts", types);
  const compiled = await service.run(bin("tsc"), ...compilerOptions, "--skipLibCheck", "types.ts");
  expect(compiled).toEqual({ code: 0, output: "" });
});

const compilerOptions =
  "--noEmit --strict --target es2022 --lib es2023,esnext.disposable --module nodenext --types node".split(" ");

/** Everything that an outside user may want to name is exported. */
const outsideUser = `
import type {
  ApplyOptions, CancelOutcome, CancelResult, CollectOptions, ConnectionSettings, DeadLetter, Handle, Handler, HandlerRequest, Handlers, OnTimeout,
  Reply, ReplyStrategy, RequesterOptions, RequestOptions, ResponderOptions, RetryOptions, SendOptions,
  SetupOptions, SetupPlan, SetupReport, StoredReply, StreamStrategy, TimeOutFindings, Whereabouts,
} from "${kit}";
import { KitError, Requester } from "${kit}";
import { fixtures, type Lab, type LabOptions, matchers, orderHandlers, type Run, startLab, startLabServer } from "${kit}/testing";

const handlers: Handlers = { ...orderHandlers, "order-tea": async (request: HandlerRequest) => request.text };
const options: LabOptions = { setup: { ackWaitMs: 1000 } };
export async function use(): Promise<Run> {
  await using server = await startLabServer();
  await using lab: Lab = await startLab({ ...options, server });
  await lab.responder(handlers, { concurrency: 2 });
  const alice: Requester = await lab.requester();
  const reply: Reply = await alice.request("order-tea", "x", { onTimeout: "cancel" });
  if (!(reply.status === "ok")) throw new KitError("none", reply.text);
  return lab.runScenario("offline-responder");
}
export { fixtures, matchers };
export type All = [
  ApplyOptions, CancelOutcome, CancelResult, CollectOptions, ConnectionSettings, DeadLetter, Handle, Handler, OnTimeout, ReplyStrategy,
  RequesterOptions, RequestOptions, ResponderOptions, RetryOptions, SendOptions, SetupOptions, SetupPlan, SetupReport,
  StoredReply, StreamStrategy, TimeOutFindings, Whereabouts,
];
`;
