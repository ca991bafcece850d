// The texts that handlers send: each says which request it belongs to, so that a reply to another one is found.
export const replyText = (id: string, call: number) => `reply to ${id}, call ${call}`;
export const partText = (id: string, part: number) => `part ${part} of ${id}`;

/** When this file is in the record's folder, the faults are over, and no handler fails for want of another attempt. */
export const soundFile = "sound";
