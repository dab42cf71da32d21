package dev.holdfast.testkit.server;

import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Script;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** What a server does with a connection before the first byte of HTTP. Thread-safe. */
final class TlsFront {
  private static final int HANDSHAKE_MILLIS = 10_000;

  private final Script script;
  private final SelfSigned good = SelfSigned.of("localhost");
  private final SelfSigned elsewhere = SelfSigned.of("elsewhere.example");
  private final SSLContext own = good.server();
  private final SSLContext foreign = elsewhere.server();
  private final SSLContext stranger = SelfSigned.of("localhost").server();
  private final AtomicInteger connections = new AtomicInteger();

  TlsFront(Script script) {
    this.script = script;
  }

  /** {@return a context for clients that trust this server under any host name} */
  SSLContext trusting() {
    return SelfSigned.trusting(List.of(good, elsewhere));
  }

  /**
   * Shakes hands with a client, or does not.
   *
   * @return the connection to speak HTTP on, or null if there is none
   */
  @Nullable Socket open(Socket raw) throws IOException {
    SSLContext context = own;
    for (Fault fault : script.faults(Script.CONNECTIONS, connections.incrementAndGet())) {
      if (fault instanceof Fault.TlsCut(Fault.Ending by)) {
        cut(raw, by);
        return null;
      }
      if (fault instanceof Fault.TlsUntrusted) {
        context = stranger;
      } else if (fault instanceof Fault.TlsWrongHost) {
        context = foreign;
      }
    }
    raw.setSoTimeout(HANDSHAKE_MILLIS);
    var socket =
        (SSLSocket) context.getSocketFactory().createSocket(raw, null, raw.getPort(), true);
    socket.setUseClientMode(false);
    socket.startHandshake();
    raw.setSoTimeout(0);
    return socket;
  }

  /** Takes the client's first bytes, and leaves. */
  private static void cut(Socket raw, Fault.Ending by) throws IOException {
    raw.setSoTimeout(HANDSHAKE_MILLIS);
    var in = raw.getInputStream();
    if (in.read() >= 0) {
      in.readNBytes(in.available());
    }
    if (by == Fault.Ending.RST) {
      raw.setSoLinger(true, 0);
      raw.close();
      return;
    }
    raw.shutdownOutput();
    // The client's own end, so that the FIN does not become an RST.
    while (in.read() >= 0) {
      in.readNBytes(in.available());
    }
  }
}
