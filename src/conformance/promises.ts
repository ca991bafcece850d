// Promises: what a responder and a requester of the protocol keep, each with a scenario file of its name.
import { fileURLToPath } from "node:url";
import type { Finding } from "../history/checks/index.js";
import type { HistoryEvent } from "../history/event.js";
import { createOnlyReplies, headersOfReplies, headersOfRequests } from "./headers.js";

export interface ConformancePromise {
  /** Where docs/ states it. */
  page: string;
  /** It is run only if the caller claims it: the protocol does not ask every service for it. */
  optional?: true;
  /** Of a requester: what the file's time-out is, in place of `{timeout}` of the command. */
  timeoutMs?: number;
  /** Of a requester: it asks with an id that is chosen, in place of `{id}` of the command. */
  choosesId?: true;
  /** What the file's expectations and checks cannot see. */
  judge?: (events: readonly HistoryEvent[]) => Finding;
}

const answers = "protocol.md#what-a-responder-does";
const redelivery = "protocol.md#redelivery-and-dead-ends";
const publishErrors = "protocol.md#errors-of-a-publish";

const responder = {
  "answers-a-request": { page: answers },
  "answers-each-request-once": { page: answers },
  "stores-the-reply-before-the-ack": { page: answers },
  "uses-the-right-address": { page: "protocol.md#a-request" },
  "writes-the-headers-of-a-reply": { page: "protocol.md#a-reply", judge: headersOfReplies },
  "answers-at-an-inbox": { page: "protocol.md#subjects" },
  "answers-a-waiting-request": { page: "guarantees.md#requests" },
  "keeps-the-first-reply": { page: publishErrors, judge: createOnlyReplies },
  "repeats-the-first-id": { page: "protocol.md#a-reply", judge: headersOfReplies },
  "rejects-an-unknown-order": { page: "guarantees.md#replies", judge: headersOfReplies },
  "refuses-an-invalid-address": { page: answers },
  "shares-the-queue": { page: "protocol.md#streams-and-consumer" },
  "answers-beside-the-kit": { page: "protocol.md#streams-and-consumer" },
  "survives-a-crash-after-delivery": { page: redelivery },
  "survives-a-crash-before-reply": { page: redelivery },
  "survives-a-crash-after-reply": { page: redelivery },
  "survives-a-crash-before-ack": { page: redelivery },
  "survives-a-crash-after-ack": { page: redelivery },
  "survives-a-killed-server": { page: "guarantees.md#requests" },
  "survives-a-frozen-server": { page: publishErrors },
  "survives-a-cut-link": { page: publishErrors },
  "survives-a-silent-link": { page: publishErrors },
  "a-frozen-responder-adds-no-reply": { page: "guarantees.md#replies" },
  "leaves-nothing-after-a-stop": { page: "guarantees.md#requests" },
  drains: { page: "guarantees.md#drain-and-pause", optional: true },
  "reads-the-mailbox-of-a-redelivery": { page: "guarantees.md#handlers", optional: true },
  "keeps-a-slow-request-in-progress": { page: answers },
  "holds-no-more-than-it-finishes": { page: answers },
  "answers-an-error": { page: "protocol.md#a-reply", judge: headersOfReplies },
  "retries-with-a-delay": { page: answers },
  "makes-a-dead-letter": { page: "protocol.md#dead-letters", optional: true },
  "makes-a-dead-letter-after-a-crash": { page: "protocol.md#dead-letters", optional: true },
  "answers-a-cancel": { page: "protocol.md#cancel-and-expire", optional: true },
  "begins-nothing-after-the-deadline": { page: "protocol.md#cancel-and-expire", optional: true },
  "sends-parts-in-order": { page: "protocol.md#several-replies-to-one-request" },
  "repeats-no-part": { page: "protocol.md#several-replies-to-one-request" },
  "waits-on-a-shared-consumer": { page: answers, optional: true },
} satisfies Record<string, ConformancePromise>;

const waiting = "protocol.md#when-no-reply-comes-in-time";
const again = "protocol.md#publish-again";
const patientMs = 40_000;
const shortMs = 1000;

const requester = {
  "receives-the-reply": { page: "protocol.md#a-request" },
  "writes-the-headers-of-a-request": { page: "protocol.md#a-request", judge: headersOfRequests },
  "uses-an-id-of-its-own": { page: "protocol.md#the-request-id" },
  "takes-a-rejection": { page: "protocol.md#a-reply" },
  "ends-at-a-full-queue": { page: publishErrors },
  "waits-for-a-responder": { page: "guarantees.md#requests", timeoutMs: patientMs },
  "keeps-a-request-that-timed-out": { page: waiting, timeoutMs: shortMs },
  "reads-the-mailbox-after-a-break": { page: "guarantees.md#time-outs-and-reconnects", timeoutMs: patientMs },
  "survives-a-lost-puback": { page: again, timeoutMs: patientMs },
  "survives-a-killed-server": { page: again, timeoutMs: patientMs },
  "survives-a-frozen-server": { page: again, timeoutMs: patientMs },
  "comes-back-with-the-same-id": { page: "protocol.md#the-same-id-twice", timeoutMs: shortMs, choosesId: true },
  "survives-its-own-crash": { page: "protocol.md#the-same-id-twice", timeoutMs: patientMs, choosesId: true },
} satisfies Record<string, ConformancePromise>;

export const promises = { responder, requester } satisfies Record<string, Record<string, ConformancePromise>>;

export type Role = keyof typeof promises;
export const roles = Object.keys(promises) as Role[];

export const promisesOf = (role: Role): Record<string, ConformancePromise> => promises[role];

/** From `src/conformance` and from `dist/conformance` alike. */
export const promiseFile = (role: Role, name: string): string =>
  fileURLToPath(new URL(`../../scenarios/conformance/${role}/${name}.yaml`, import.meta.url));
