package dev.holdfast.benchmarks.gateway;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Connections over TLS of upstream and driver: what ALPN decides. */
final class Http2Way {
  private static final int WINDOW = 1 << 20;

  /** As browsers have it: an update of the window is rare. */
  private static final int CONNECTION_WINDOW = 15 << 20;

  private static final int MOST_STREAMS = 100;

  private Http2Way() {}

  /** Speaks what the client prefers: a handler for the connection, or one for each stream. */
  static void serve(
      Channel channel, SslContext tls, ChannelHandler http1, Supplier<ChannelHandler> http2) {
    channel
        .pipeline()
        .addLast(tls.newHandler(channel.alloc()))
        .addLast(
            new ApplicationProtocolNegotiationHandler(ApplicationProtocolNames.HTTP_1_1) {
              @Override
              protected void configurePipeline(ChannelHandlerContext context, String protocol) {
                if (!protocol.equals(ApplicationProtocolNames.HTTP_2)) {
                  context.pipeline().addLast(http1);
                  return;
                }
                var settings = Http2Settings.defaultSettings().initialWindowSize(WINDOW);
                context
                    .pipeline()
                    .addLast(
                        Http2FrameCodecBuilder.forServer()
                            .initialSettings(settings.maxConcurrentStreams(MOST_STREAMS))
                            .build())
                    .addLast(
                        new Http2MultiplexHandler(
                            new ChannelInitializer<Channel>() {
                              @Override
                              protected void initChannel(Channel stream) {
                                stream.pipeline().addLast(http2.get());
                              }
                            }));
              }
            });
  }

  /**
   * Speaks HTTP/2.
   *
   * @param then receives the connection once streams can be opened
   */
  static void ask(Channel channel, SslContext tls, Consumer<Channel> then) {
    channel
        .pipeline()
        .addLast(tls.newHandler(channel.alloc(), "localhost", -1))
        .addLast(
            new ApplicationProtocolNegotiationHandler(ApplicationProtocolNames.HTTP_1_1) {
              @Override
              protected void configurePipeline(ChannelHandlerContext context, String protocol)
                  throws Http2Exception {
                if (!protocol.equals(ApplicationProtocolNames.HTTP_2)) {
                  throw new IllegalStateException("relay: must select HTTP/2, was " + protocol);
                }
                var codec =
                    Http2FrameCodecBuilder.forClient()
                        .initialSettings(Http2Settings.defaultSettings().initialWindowSize(WINDOW))
                        .build();
                context
                    .pipeline()
                    .addLast(codec)
                    .addLast(new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                var connection = codec.connection();
                connection
                    .local()
                    .flowController()
                    .incrementWindowSize(connection.connectionStream(), CONNECTION_WINDOW);
                then.accept(context.channel());
              }
            });
  }
}
