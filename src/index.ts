// The public library: set up the streams, send requests, answer them, come back for replies.
export { type ConnectionSettings, openConnection } from "./connection/connect.js";
export { observeConnection } from "./connection/observe.js";
export { type DeadLetter, listDeadLetters } from "./dead-letters/list.js";
export { type Replayed, replayDeadLetter } from "./dead-letters/replay.js";
export type {
  ConnectionEvent,
  Ending,
  Observe,
  RequesterEvent,
  ResponderEvent,
  Whereabouts,
  Withdrawn,
} from "./history/event.js";
export { type ReplyStrategy, replyStrategies } from "./history/strategies.js";
export * from "./protocol/errors.js";
export type { Reply } from "./protocol/messages.js";
export type { ReplyAddresses } from "./protocol/reply-addresses.js";
export type { OnTimeout } from "./protocol/time-out-policy.js";
export { type CollectOptions, collectReply } from "./requester/collect.js";
export { formatHandle, type Handle, parseHandle } from "./requester/handle.js";
export type { LastReply, ManyReply, PartReply } from "./requester/many/arrivals.js";
export { type CollectManyOptions, collectReplies } from "./requester/many/collect-replies.js";
export { type CoreManyEnd, type CoreManyOptions, requestMany } from "./requester/many/core-many.js";
export type { ManyOptions } from "./requester/many/many-calls.js";
export { Requester, type RequesterOptions, type RequestOptions } from "./requester/requester.js";
export { Sender, type SenderOptions, type SendOptions } from "./requester/sender.js";
export { type CancelOutcome, cancelRequest } from "./requester/store-ending.js";
export { RequestTimedOut, type TimeOutFindings, type TimeOutOutcome } from "./requester/timed-out.js";
export { type Located, locate, type StoredReply } from "./requester/whereabouts.js";
export {
  type Answer,
  defaultMenu,
  type Handler,
  type Menu,
  type OrderRequest,
  type Parts,
} from "./responder/menu.js";
export {
  type Drained,
  type DrainOptions,
  Responder,
  type ResponderOptions,
  type ResponderState,
} from "./responder/responder.js";
export { RetryLater, type RetryOptions } from "./responder/retry.js";
export { type ApplyOptions, applySetup, type SetupReport } from "./stream-setup/apply.js";
export {
  type ConsumerPlan,
  planSetup,
  type SetupOptions,
  type SetupPlan,
  type StreamPlan,
} from "./stream-setup/plan.js";
export type { StreamStrategy } from "./stream-setup/strategy-streams.js";
