// The servers of a schedule and their faults; and the streams, seen by the plain client.
import { setTimeout as passed } from "node:timers/promises";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { type SetupOptions, setup } from "jetstream-request-reply-kit";
import {
  type Cluster,
  jetStreamReady,
  type NatsServer,
  type RunFolder,
  type ServerBinary,
  startCluster,
} from "./kit-server.js";
import { type Contents, readContents } from "./read-streams.js";
import type { Fault, Schedule } from "./schedule.js";

/** Milliseconds without a new reply. */
const quietMs = 800;

export class Servers implements AsyncDisposable {
  readonly urls: string;
  readonly #cluster: Cluster;
  readonly #nc: NatsConnection;
  readonly #jsm: JetStreamManager;
  readonly #setup: SetupOptions;

  private constructor(cluster: Cluster, nc: NatsConnection, jsm: JetStreamManager, options: SetupOptions) {
    this.urls = cluster.urls;
    this.#setup = options;
    this.#cluster = cluster;
    this.#nc = nc;
    this.#jsm = jsm;
  }

  static async start(schedule: Schedule, binary: ServerBinary, folder: RunFolder): Promise<Servers> {
    const { nodes, ackWaitMs, maxDeliver } = schedule;
    const onSpawn = (pid: number) => folder.adopt(pid);
    const cluster = await startCluster({ binary, folder: `${folder.path}/servers`, nodes, onSpawn });
    const nc = await connect({
      servers: cluster.urls.split(","),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      timeout: 1_000,
    });
    const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: 2_000 });
    await jetStreamReady(jsm, nodes);
    const options = { ackWaitMs, maxDeliver, replicas: nodes };
    await setup(nc, options);
    return new Servers(cluster, nc, jsm, options);
  }

  /** Injects a fault; what it returns heals it. */
  async inject(fault: Fault): Promise<() => Promise<void>> {
    switch (fault.do) {
      case "kill-server":
      case "restart-server":
      case "kill-leader": {
        const node = await this.#nodeOf(fault);
        await (fault.do === "restart-server" ? node.stop() : node.kill());
        return () => node.restart();
      }
      case "pause-server":
      case "pause-leader": {
        const node = await this.#nodeOf(fault);
        await node.pause();
        return async () => node.resume();
      }
      case "step-down":
        // A refusal means that there is no leader at the moment: nothing to step down.
        await this.#nc.request(`$JS.API.STREAM.LEADER.STEPDOWN.${fault.stream}`, "", { timeout: 500 }).catch(() => {});
        return async () => {};
      case "full-stream":
        await this.#limit(fault.stream, "full").catch(() => {}); // no server, no leader: no fault
        return () => this.#untilDone(() => this.#limit(fault.stream, "unlimited"));
      case "recreate-consumer":
        await this.#jsm.consumers.delete("REQUESTS", "responder").catch(() => {});
        return () => this.#untilDone(() => setup(this.#nc, this.#setup));
      default:
        throw new Error(`${fault.do} is no fault of a server.`);
    }
  }

  /**
   * Polls until the queue is empty and no reply was stored for a moment, because a requester stores the status of a request that it removed.
   * @returns whether both came in time.
   */
  async quiet(withinMs: number): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    let replies: number | undefined;
    let since = performance.now();
    while (performance.now() < deadline) {
      const [left, stored] = await Promise.all(
        ["REQUESTS", "REPLIES"].map((name) => this.#jsm.streams.info(name)),
      ).then(
        ([requests, replies]) => [requests?.state.messages, replies?.state.last_seq],
        () => [], // no leader yet
      );
      if (left !== 0 || stored !== replies) since = performance.now();
      replies = stored;
      if (left === 0 && performance.now() - since >= quietMs) return true;
      await passed(50);
    }
    return false;
  }

  async read(): Promise<Contents> {
    const attempts = 40;
    for (let attempt = 1; ; attempt++) {
      try {
        return await readContents(this.#jsm);
      } catch (error) {
        if (attempt === attempts) throw error;
        await passed(250); // no leader yet
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A close waits for a server that answers.
    await Promise.race([this.#nc.close(), passed(500)]);
    await this.#cluster[Symbol.asyncDispose]();
  }

  async #limit(stream: string, room: "full" | "unlimited"): Promise<void> {
    const { config, state } = await this.#jsm.streams.info(stream);
    // The server takes 0 for no limit.
    await this.#jsm.streams.update(stream, { ...config, max_msgs: room === "full" ? Math.max(1, state.messages) : -1 });
  }

  /** Heals also while a server or a leader is away. */
  async #untilDone(heal: () => Promise<unknown>): Promise<void> {
    for (;;) {
      const error = await heal().then(
        () => undefined,
        (error: Error) => error,
      );
      if (!error) return;
      await passed(100);
    }
  }

  async #nodeOf(fault: Fault): Promise<NatsServer> {
    const [first] = this.#cluster.nodes;
    if (!("stream" in fault)) return first as NatsServer;
    const leader = await this.#jsm.streams.info(fault.stream).then(
      ({ cluster }) => cluster?.leader,
      () => undefined,
    );
    return this.#cluster.node(leader ?? (first as NatsServer).name);
  }
}
