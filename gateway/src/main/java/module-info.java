/** A server in front of model providers that gives any client whole streams. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.gateway {
  requires static org.jspecify;
  requires transitive dev.holdfast.core;
  requires dev.holdfast.observe;
  requires tools.jackson.core;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;

  exports dev.holdfast.gateway;
  exports dev.holdfast.gateway.config;
}
