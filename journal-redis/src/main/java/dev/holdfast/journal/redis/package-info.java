/** A journal in Redis or Valkey, which several processes share. */
@org.jspecify.annotations.NullMarked
package dev.holdfast.journal.redis;
