/** A journal in Redis or Valkey, which several processes share. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.journal.redis {
  requires static org.jspecify;
  requires transitive dev.holdfast.core;
  requires lettuce.core;
  requires io.netty.buffer;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;

  exports dev.holdfast.journal.redis;
}
