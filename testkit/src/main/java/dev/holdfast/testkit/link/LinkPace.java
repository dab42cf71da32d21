package dev.holdfast.testkit.link;

/**
 * How fast bytes may come.
 *
 * @param bytes so many at a time
 * @param everyNanos time from one piece to the next
 */
record LinkPace(int bytes, long everyNanos) {}
