// Links: TCP proxies between a client and a server, or between the servers of a cluster, that can be made bad.
export { type Direction, directions, Link, type LinkConnection, type LinkOptions, type LinkReader } from "./link.js";
export { type Operation, OperationReader } from "./operations.js";
export type { Condition, Passage } from "./pipe.js";
