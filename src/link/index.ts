// Links: TCP proxies between a client and a server, or between the servers of a cluster, that can be made bad.
export type { Condition } from "./condition.js";
export { type Direction, directions } from "./connection.js";
export { Link, type LinkOptions } from "./link.js";
