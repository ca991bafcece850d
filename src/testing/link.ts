// Lab link: a TCP proxy in front of a lab's server. A test delays, narrows, blocks or cuts what passes.

import { type Condition, Link } from "../link/index.js";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";

/** Options of `link.latency`. */
export interface LatencyOptions {
  /** Added to or subtracted from the latency, evenly spread, milliseconds. Default: 0. */
  jitterMs?: number;
}

/** How a client connects to a lab, or to a link of it. */
interface Address {
  url: string;
  connectOptions: { servers: string; user?: string; pass?: string };
}

const latencyOptionNames = { jitterMs: true } satisfies OptionNames<LatencyOptions>;

/**
 * The link of one service to the lab's server; see `lab.link()`. A service that connects to `url` is behind it, and other
 * connections are not. Each method resolves when its condition is in effect. A second call replaces the value of the first one.
 * Conditions of different methods add up until `heal()`.
 */
export class LabLink implements Address, AsyncDisposable {
  /** In place of `lab.url`. */
  readonly url: string;
  /** In place of `lab.connectOptions`. */
  readonly connectOptions: Address["connectOptions"];
  readonly #link: Link;
  /** What removes each condition, by its kind. */
  readonly #conditions = new Map<keyof Condition, () => Promise<void>>();

  private constructor(link: Link, { url, connectOptions }: Address) {
    this.#link = link;
    const { protocol, username, password } = new URL(url);
    const login = username ? `${username}:${password}@` : "";
    this.url = `${protocol}//${login}127.0.0.1:${link.port}`;
    this.connectOptions = { ...connectOptions, servers: link.url };
  }

  /** Use `lab.link()`. */
  static async open(lab: Address): Promise<LabLink> {
    const { hostname: host, port } = new URL(lab.url);
    return new LabLink(await Link.open({ target: () => ({ host, port: Number(port) }), random: Math.random }), lab);
  }

  /** The number of connections that are open through the link. */
  get connections(): number {
    return this.#link.connections;
  }

  /** Delays what passes, in each direction, by `ms` milliseconds. The order stays. */
  latency(ms: number, options: LatencyOptions = {}): Promise<void> {
    const { jitterMs = 0 } = checkOptions("link.latency", options, latencyOptionNames);
    return this.#apply("latencyMs", { latencyMs: ms, jitterMs });
  }

  /** Limits each direction of each connection to so many bytes per second. */
  bandwidth(bytesPerSecond: number): Promise<void> {
    return this.#apply("bytesPerSecond", { bytesPerSecond });
  }

  /** Closes the connections, and refuses new ones. */
  cut(): Promise<void> {
    return this.#apply("cut", { cut: true });
  }

  /** Keeps what is sent in both directions. The connections stay open. `heal()` delivers what was kept. */
  blackHole(): Promise<void> {
    return this.#apply("blackHole", { blackHole: true });
  }

  /** Ends the open connections with a TCP RST, and accepts new ones. Returns the number of connections that it ended. */
  reset(): number {
    return this.#link.reset();
  }

  /** Removes every condition. */
  async heal(): Promise<void> {
    const restores = [...this.#conditions.values()];
    this.#conditions.clear();
    await Promise.all(restores.map((restore) => restore()));
  }

  /** Closes the link, and the connections through it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#link[Symbol.asyncDispose]();
  }

  async #apply(kind: keyof Condition, condition: Condition): Promise<void> {
    const before = this.#conditions.get(kind);
    this.#conditions.set(kind, await this.#link.apply(condition));
    await before?.();
  }
}
