/** A server in front of model providers that gives any client whole streams. */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // The command, which exports name, is compiled later.
module dev.holdfast.gateway {
  requires static org.jspecify;
  requires transitive dev.holdfast.core;
  requires dev.holdfast.journal;
  requires dev.holdfast.journal.redis;
  requires dev.holdfast.netty;
  requires dev.holdfast.observe;
  requires java.net.http;
  requires org.snakeyaml.engine;
  requires tools.jackson.core;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.codec.http2;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;

  exports dev.holdfast.gateway;
  exports dev.holdfast.gateway.access;
  exports dev.holdfast.gateway.config;
  exports dev.holdfast.gateway.config.file;
  exports dev.holdfast.gateway.durable;
  exports dev.holdfast.gateway.manage to
      dev.holdfast.cli;
}
