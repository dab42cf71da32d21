package dev.holdfast.gateway.server;

import dev.holdfast.gateway.http2.InboundSession;
import dev.holdfast.gateway.http2.InboundStream;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A client's connection over HTTP/2, and its requests. Belongs to its event loop. */
final class Http2Connection implements InboundSession.Requests, GatewayServer.Connection {
  private final ServerContext server;
  private final InboundSession session;
  private final Set<Http2Client> open = new LinkedHashSet<>();

  Http2Connection(ServerContext server, Channel channel) {
    this.server = server;
    session = new InboundSession(channel, server.limits(), server.streams().clock(), this);
  }

  /** A connection of HTTP/1.1 carries one request: over HTTP/2 there are no more of them. */
  @Override
  public boolean hasRoom() {
    return server.metrics().open() < server.mostConnections();
  }

  @Override
  public InboundStream.Listener begin(InboundStream stream) {
    var client = new Http2Client(server, stream);
    open.add(client);
    return client;
  }

  @Override
  public void ended(InboundStream.Listener listener) {
    open.remove(listener);
  }

  @Override
  public EventLoop loop() {
    return session.loop();
  }

  @Override
  public void drain() {
    session.leave();
  }

  @Override
  public void shutDown() {
    session.leave();
    List.copyOf(open).forEach(Http2Client::shutDown);
  }
}
