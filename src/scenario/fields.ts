// Schema fields: the values that several keys share. Each error completes the sentence "Expected `x` to be ...".
import { z } from "zod";
import { durationPattern, longestMs, parseDuration, toMs } from "../common/duration.js";
import { timeOutPolicies } from "../protocol/cancel.js";
import { requireQueue } from "../protocol/queue-names.js";
import { isRequestId } from "../protocol/request-id.js";

export const durationText = 'a duration like "5s", "500ms" or "2m"';
const subjectText = 'a subject like "greet.joe", without wildcards and not one of the server\'s own ($...)';

const matching = (pattern: RegExp, text: string) => z.string(text).regex(pattern, { error: text, abort: true });

export const name = matching(/^[a-z][a-z0-9-]{0,63}$/, 'a name in lower case like "alice" or "bob-2"');

export const duration = matching(durationPattern, durationText).refine((text) => {
  const ms = parseDuration(text) ?? 0;
  return ms >= 1 && ms <= longestMs;
}, "a duration from 1ms to 60m");

/** Milliseconds of a valid duration. */
export const optionalMs = (duration: string | undefined) => (duration === undefined ? undefined : toMs(duration));

export const rate = matching(/^[1-9]\d{0,5}\/(s|m)$/, 'a rate like "200/s" or "30/m"');

/** Of a valid rate. */
export const perSecond = (rate: string) => Number.parseInt(rate, 10) / (rate.endsWith("/m") ? 60 : 1);

export const requestId = z
  .string("a request id")
  .refine(isRequestId, "a request id: one line of text, at most 400 characters, without spaces around it");

export const streamName = matching(/^[A-Z0-9][A-Z0-9_-]{0,63}$/, 'the name of a stream in upper case, like "AUDIT"');

const queueText = 'a queue like "payments" or "staging.payments"';

/** Names that differ are of different queues: see `requireQueue`. */
export const queue = matching(/^[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*$/, queueText).refine((text) => {
  try {
    return requireQueue(text) === text;
  } catch {
    return false; // too long, or a word that its subjects continue with
  }
}, `${queueText}, of at most 64 characters, without the word "requests" or "replies" as a token`);

export const onTimeout = z.enum(timeOutPolicies);

const orderText = 'an order, like "order-sandwich" or "eu.order-sandwich"';

export const order = matching(/^[^\s.*>\p{Cc}]{1,128}(\.[^\s.*>\p{Cc}]{1,128})*$/u, orderText);

/** Of nats-server, in full: no other is found or built by a part of it. */
export const serverVersion = matching(
  /^\d{1,4}\.\d{1,4}\.\d{1,4}(-[0-9A-Za-z][0-9A-Za-z.-]{0,32})?$/,
  "a version of nats-server like 2.14.0",
);

/** The orders that a consumer takes. */
export const orderSubject = matching(
  /^(?:>|(\*|[^\s.*>\p{Cc}]{1,128})(\.(\*|[^\s.*>\p{Cc}]{1,128}))*(\.>)?)$/u,
  'orders, like "now.>" or "eu.*"',
);

/** Not the server's own API (`$JS.API`): a scenario from elsewhere could delete streams there. */
export const subject = matching(/^(?!\$)[^\s.*>\p{Cc}]+(\.[^\s.*>\p{Cc}]+)*$/u, subjectText);

/** A subject, with wildcards or without. */
const subjects = /^(?!\$)(\*|[^\s.*>\p{Cc}]+)(\.(\*|[^\s.*>\p{Cc}]+))*(\.>)?$/u;

export const serviceSubject = matching(
  subjects,
  'a subject like "greet.joe" or "greet.*", not one of the server\'s own ($...)',
);

export const replyAddress = matching(subjects, 'a subject like "partner.inbox.>", not one of the server\'s own ($...)');

export const text = z.string("a text");

export const sentence = matching(/\S/, "a sentence");

export const flag = z.boolean("true or false");

/** A whole number of at least `min`. */
export const count = (min: number, text: string) => z.int(text).min(min, text);

// Texts for errors without a text of their own: they complete "Expected `x` to be ...".

const kinds: Record<string, string> = {
  object: "a mapping",
  record: "a mapping",
  array: "a list",
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

/** The schema's own text, if it has one. */
export function expectedText(issue: z.core.$ZodIssue): string {
  if (!/^(Invalid|Too|Unrecognized) /.test(issue.message)) return issue.message;
  if (issue.code === "invalid_type") return kinds[issue.expected] ?? "something else";
  if (issue.code === "too_small") return `at least ${issue.minimum}${counted(issue.origin)}`;
  if (issue.code === "too_big") return `at most ${issue.maximum}${counted(issue.origin)}`;
  return "something else";
}

const counted = (origin: string) =>
  origin === "string" ? " characters" : ["array", "set", "object"].includes(origin) ? " of them" : "";
