// Entry point for browsers: the library without `openConnection`, on a connection of the client's `wsconnect()`.
export { observeConnection } from "./connection/watch.js";
export { type DeadLetter, listDeadLetters } from "./dead-letters/list.js";
export { type ReplayResult, replayDeadLetter } from "./dead-letters/replay.js";
export type { OnTimeout } from "./protocol/cancel.js";
export * from "./protocol/errors.js";
export type { ConnectionEvent, Observe } from "./protocol/events.js";
export {
  type CancelOutcome,
  type LibraryEvent,
  type RepliesEnd,
  type ReplyStrategy,
  type RequesterEvent,
  type ResponderEvent,
  replyStrategies,
  type Status,
  type Whereabouts,
} from "./protocol/events.js";
export type { Reply } from "./protocol/headers.js";
export type { MessageHeaders, MessagePayload } from "./protocol/message-content.js";
export type { OwnNames, QueueOptions } from "./protocol/queue-names.js";
export type { StandardSchema } from "./protocol/standard-schema.js";
export type { ReplyAddresses } from "./protocol/subjects.js";
export type { TracedOptions } from "./protocol/telemetry.js";
export { type CancelResult, cancel, type StoredStatus } from "./requester/cancel.js";
export {
  type CollectManyOptions,
  type CollectOptions,
  collect,
  collectMany,
} from "./requester/collect.js";
export type { HandleOptions } from "./requester/find-request.js";
export { formatHandle, type Handle, type HandleLike, parseHandle, type RequestKey } from "./requester/handle.js";
export { type ListedReply, type ListRepliesOptions, listReplies } from "./requester/list-replies.js";
export { type Located, locate } from "./requester/locate.js";
export type { RequesterOptions, RequestOptions, SendOptions } from "./requester/options.js";
export { RequestAbortedError, type RequestCall } from "./requester/pending-requests.js";
export type { LastReply, ManyReply, ManySchemas, PartReply } from "./requester/reply-stream.js";
export type { ManyOptions } from "./requester/request-many.js";
export { Requester } from "./requester/requester.js";
export type { StoredReply } from "./requester/stored-reply.js";
export { RequestTimeoutError, type TimeOutFindings, type TimeOutOutcome } from "./requester/timeout.js";
export {
  type Handler,
  HandlerReply,
  type HandlerRequest,
  type Handlers,
  type Parts,
  type ReplyPayload,
  type SchemaHandler,
} from "./responder/handlers.js";
export type { ResponderOptions } from "./responder/options.js";
export { type Drained, type DrainOptions, Responder, type ResponderState } from "./responder/responder.js";
export { RetryLaterError, type RetryOptions } from "./responder/retry.js";
export type { ServiceOptions } from "./responder/service.js";
export type { ConsumerOptions, ConsumerPlan, DeliveryOptions } from "./stream-setup/consumers.js";
export {
  planSetup,
  type SetupOptions,
  type SetupPlan,
  type StreamOverrides,
  type StreamPlan,
  type StreamStrategy,
} from "./stream-setup/plan.js";
export { type ApplyOptions, applySetup, type SetupReport, setup } from "./stream-setup/setup.js";
export { type StreamContents, teardown } from "./stream-setup/teardown.js";
export { type WaitOptions, waitForSetup } from "./stream-setup/wait.js";
