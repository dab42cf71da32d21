package dev.holdfast.gateway.server;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;

/**
 * Pauses a listener that cannot accept, as when the machine has no descriptor left: open
 * connections continue, and clients wait in the backlog. Otherwise it would fail again at once.
 */
@Sharable
final class AcceptPause extends ChannelInboundHandlerAdapter {
  private static final long PAUSE_MILLIS = 200;

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    var listener = context.channel();
    listener.config().setAutoRead(false);
    var unused =
        context
            .executor()
            .schedule(
                () -> listener.config().setAutoRead(true), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
  }
}
