/** A transport on Netty, and the connections to upstreams that the gateway shares with it. */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // The gateway, which exports name, is compiled later.
module dev.holdfast.netty {
  requires static org.jspecify;
  requires transitive dev.holdfast.core;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.codec.http2;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;

  exports dev.holdfast.netty;
  exports dev.holdfast.netty.upstream to
      dev.holdfast.gateway;
}
