package dev.holdfast.observe.debug;

import dev.holdfast.observe.debug.wire.ConnectTrouble;
import dev.holdfast.observe.debug.wire.DebugEvent;
import dev.holdfast.observe.debug.wire.DebugRequest;
import dev.holdfast.observe.debug.wire.Preview;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Locale;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * A socket of the debugger's own, because HTTP clients hide what it is for: HTTP/1.0, FIN against
 * RST, and how long single reads took. One exchange per connection; no redirects, no proxy, no
 * retries.
 */
final class Wire implements AutoCloseable {
  private static final int BUFFER = 16 << 10;

  /** Receives what happens. */
  interface Receiver {
    void connected(DebugEvent.Connected event);

    void noConnection(ConnectTrouble trouble, String detail);

    /** The request begins to go out. */
    void requestSent();

    /** {@return whether to read on} */
    boolean bytes(byte[] buffer, int length, long readNanos);

    /** {@return when to give up, in nanoseconds from now; zero or less for at once} */
    long patienceNanos();

    void timedOut();

    void fin(String detail);

    void reset(String detail);

    void cancelled();
  }

  private final DebugRequest request;
  private final Duration connectTimeout;
  private final SSLSocketFactory tls;
  private final long begun = System.nanoTime();
  private volatile @Nullable Socket socket;
  private volatile boolean cancelled;

  /**
   * A wire for one request.
   *
   * @param connectTimeout for TCP and TLS; zero for none
   */
  Wire(DebugRequest request, Duration connectTimeout, SSLSocketFactory tls) {
    this.request = request;
    this.connectTimeout = connectTimeout;
    this.tls = tls;
  }

  /** Runs the exchange to its end on the calling thread. */
  void run(Receiver receiver) {
    var open = connect(receiver);
    if (open == null) {
      return;
    }
    try (open) {
      receiver.requestSent();
      // The other side may answer, or leave, before it has read the request.
      Thread.ofVirtual().name("holdfast-debug-request").start(() -> send(open));
      read(open, receiver);
    } catch (IOException e) {
      end(receiver, e);
    }
  }

  private void send(Socket open) {
    try {
      var out = open.getOutputStream();
      out.write(request.toBytes());
      out.flush();
    } catch (IOException e) {
      // Reading reports every break, too, and with the bytes that came before.
    }
  }

  private @Nullable Socket connect(Receiver receiver) {
    String host = request.uri().getHost();
    String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    try {
      var open = dial(bare);
      long dialed = System.nanoTime();
      if (!request.isSecure()) {
        receiver.connected(new DebugEvent.Connected(address(open), "", dialed - begun, 0));
        return open;
      }
      var secured = secure(open, bare);
      receiver.connected(
          new DebugEvent.Connected(
              address(open),
              secured.getSession().getProtocol(),
              dialed - begun,
              System.nanoTime() - dialed));
      return secured;
    } catch (IOException e) {
      boolean byUser = cancelled;
      close();
      if (byUser) {
        receiver.cancelled();
      } else {
        var trouble = trouble(e);
        receiver.noConnection(trouble, sentence(trouble, host + ":" + request.port()));
      }
      return null;
    }
  }

  private static String address(Socket open) {
    return open.getInetAddress().getHostAddress() + ":" + open.getPort();
  }

  /** Tries the addresses of a name one after another. */
  private Socket dial(String host) throws IOException {
    IOException last = new UnknownHostException(host);
    for (InetAddress address : InetAddress.getAllByName(host)) {
      var attempt = new Socket();
      socket = attempt;
      try {
        if (cancelled) {
          throw new IOException("cancelled");
        }
        attempt.connect(new InetSocketAddress(address, request.port()), millis(connectTimeout));
        attempt.setTcpNoDelay(true);
        return attempt;
      } catch (IOException e) {
        attempt.close();
        last = e;
      }
    }
    throw last;
  }

  private SSLSocket secure(Socket open, String host) throws IOException {
    open.setSoTimeout(millis(connectTimeout));
    var secured = (SSLSocket) tls.createSocket(open, host, request.port(), true);
    socket = secured;
    var parameters = secured.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    parameters.setApplicationProtocols(new String[] {"http/1.1"});
    secured.setSSLParameters(parameters);
    secured.startHandshake();
    return secured;
  }

  private static int millis(Duration time) {
    return (int) Math.min(time.toMillis(), Integer.MAX_VALUE);
  }

  private static ConnectTrouble trouble(IOException e) {
    return switch (e) {
      case UnknownHostException unknown -> ConnectTrouble.UNRESOLVED;
      case NoRouteToHostException unreachable -> ConnectTrouble.UNREACHABLE;
      case SocketTimeoutException late -> ConnectTrouble.TIMEOUT;
      case ConnectException refused -> {
        String message = String.valueOf(refused.getMessage()).toLowerCase(Locale.ROOT);
        yield message.contains("unreachable")
            ? ConnectTrouble.UNREACHABLE
            : message.contains("timed out") ? ConnectTrouble.TIMEOUT : ConnectTrouble.REFUSED;
      }
      case SSLException ssl -> {
        if (isCertificate(ssl)) {
          yield ConnectTrouble.CERTIFICATE;
        }
        String message = String.valueOf(ssl.getMessage());
        if (message.contains("no_application_protocol")) {
          yield ConnectTrouble
              .HTTP2_ONLY; // The alert of RFC 7301, 3.2: http/1.1 was all we offered.
        }
        yield message.contains("plaintext") || message.contains("Unsupported or unrecognized")
            ? ConnectTrouble.NOT_TLS
            : ConnectTrouble.HANDSHAKE;
      }
      default -> ConnectTrouble.HANDSHAKE;
    };
  }

  private static boolean isCertificate(Throwable thrown) {
    @Nullable Throwable link = thrown;
    for (int depth = 0; link != null && depth < 16; depth++) {
      if (link instanceof CertificateException) {
        return true;
      }
      link = link.getCause();
    }
    return false;
  }

  private static String sentence(ConnectTrouble trouble, String where) {
    return switch (trouble) {
      case NONE -> where + ": no connection";
      case UNRESOLVED -> where + ": the name does not resolve";
      case REFUSED -> where + ": the connection was refused";
      case UNREACHABLE -> where + ": no route to the host";
      case TIMEOUT -> where + ": connecting took too long";
      case CERTIFICATE -> where + ": the certificate is not trusted";
      case NOT_TLS -> where + ": the answer to the TLS handshake is not TLS";
      case HTTP2_ONLY ->
          where + ": the server refused http/1.1 in the TLS handshake (no_application_protocol)";
      case HANDSHAKE -> where + ": the TLS handshake failed";
    };
  }

  private void read(Socket open, Receiver receiver) throws IOException {
    InputStream in = open.getInputStream();
    byte[] buffer = new byte[BUFFER];
    long asked = System.nanoTime();
    boolean overdue = false;
    while (true) {
      long patience = receiver.patienceNanos();
      // After a pause of this machine, the awaited data may be here: look once before the clock
      // counts.
      if (patience <= 0 && overdue) {
        receiver.timedOut();
        return;
      }
      overdue = patience <= 0;
      // Zero would mean no limit; rounding up never fires early.
      open.setSoTimeout(Math.clamp(patience / 1_000_000 + 1, 1, Integer.MAX_VALUE));
      int count;
      try {
        count = in.read(buffer);
      } catch (SocketTimeoutException e) {
        continue;
      }
      long now = System.nanoTime();
      if (count < 0) {
        receiver.fin("");
        return;
      }
      if (count > 0 && !receiver.bytes(buffer, count, now - asked)) {
        return;
      }
      asked = now;
    }
  }

  private void end(Receiver receiver, IOException e) {
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    if (cancelled) {
      receiver.cancelled();
    } else if (e instanceof SSLException || e instanceof EOFException) {
      boolean closed = message.contains("incorrectly") || e instanceof EOFException;
      if (closed) {
        receiver.fin("the connection closed without TLS's own goodbye");
      } else {
        receiver.reset("TLS broke: " + Preview.of(message));
      }
    } else {
      receiver.reset(
          message.contains("reset")
              ? "the connection was reset"
              : "the connection broke: " + message);
    }
  }

  /** Ends the exchange from another thread, or after it; never blocks. */
  @Override
  public void close() {
    cancelled = true;
    var open = socket;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        // It is closed then.
      }
    }
  }
}
