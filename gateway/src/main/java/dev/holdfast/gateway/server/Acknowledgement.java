package dev.holdfast.gateway.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;

/** What the system reports of the bytes of a connection. */
final class Acknowledgement {
  /** States of TCP as Linux numbers them; after a reset there is neither. */
  private static final int ESTABLISHED = 1;

  private static final int CLOSE_WAIT = 8;

  private Acknowledgement() {}

  /**
   * {@return whether the peer has acknowledged all bytes of a connection that was not reset} Of any
   * thread. False where the transport does not report it.
   */
  static boolean isComplete(Channel channel) {
    if (!(channel instanceof EpollSocketChannel epoll) || !epoll.isActive()) {
      return false;
    }
    try {
      EpollTcpInfo info = epoll.tcpInfo();
      boolean open = info.state() == ESTABLISHED || info.state() == CLOSE_WAIT;
      // A window of zero shows as probes.
      return open && info.unacked() == 0 && info.probes() == 0 && info.backoff() == 0;
    } catch (ChannelException e) {
      return false; // It was closed meanwhile.
    }
  }
}
