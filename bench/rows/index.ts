// The table of rows: a new one is a line here.
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
  kv: kit("kv", "the kit; the reply is stored in a key-value bucket"),
  "inbox-floor": floor("inbox"),
  "mailbox-floor": floor("mailbox"),
  unconfirmed: floor("unconfirmed"),
} satisfies Record<string, Row>;

export type RowName = keyof typeof rows;
export const rowNames = Object.keys(rows) as RowName[];
/** What every other row is measured against. */
export const baseline: RowName = "core";
