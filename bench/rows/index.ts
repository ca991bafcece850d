// Rows: the registry; a new row is a line here.
import { core } from "./core.js";
import { floor } from "./floor.js";
import { kit } from "./kit.js";
import { naive } from "./naive.js";
import type { Row } from "./row.js";

export const rows = {
  core,
  naive,
  inbox: kit("inbox", "the kit; the request is stored, the reply goes to the living requester"),
  mailbox: kit("mailbox", "the kit; request and reply are stored"),
  "mailbox-default": kit("mailbox", "as mailbox, with the default concurrency of 16", {}),
  kv: kit("kv", "the kit; the reply is stored in a key-value bucket"),
  "inbox-floor": floor("inbox"),
  "mailbox-floor": floor("mailbox"),
  unconfirmed: floor("unconfirmed"),
} satisfies Record<string, Row>;

export type RowName = keyof typeof rows;
export const rowNames = Object.keys(rows) as RowName[];
/** The least that publishing and replying by hand costs, for the kit's rows: the ratio that the kit is judged by. */
export const floors: Partial<Record<string, RowName>> = { inbox: "inbox-floor", mailbox: "mailbox-floor" };
/** The rows that an earlier version of the kit runs differently. */
export const isOfKit = (name: RowName): boolean => /^(inbox|mailbox|mailbox-default|kv)$/.test(name);
/** The row that every rate and latency is compared with. */
export const baseline: RowName = "core";
