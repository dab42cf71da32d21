/** Tests of the journal in Redis, against a server that they start. */
@org.jspecify.annotations.NullMarked
package dev.holdfast.journal.redis;
