// What several copies of a stream mean for who asks where a message is.

/**
 * Milliseconds to wait before a message that is still there counts as left there. With replicas the consumer's leader counts an
 * ack before the stream's leader lets the message go: of looks right after an ack, 2 % (2.9.10) and 8 % (2.14.0) still found it,
 * for up to 7 ms. With one copy none of 17,000 did.
 */
export const ackToRemovalMs = 100;
