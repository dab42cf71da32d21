package dev.holdfast.client.transport;

import dev.holdfast.core.guard.CertificateRefusal;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What java.net.http throws, as failures. The one place that knows its exceptions. */
public final class NetworkFailures {
  /** Causes may form a ring. */
  private static final int MAX_DEPTH = 16;

  private static final CertificateRefusal.Validity VALIDITY =
      new CertificateRefusal.Validity() {
        @Override
        public Instant from(X509Certificate certificate) {
          return certificate.getNotBefore().toInstant();
        }

        @Override
        public Instant until(X509Certificate certificate) {
          return certificate.getNotAfter().toInstant();
        }
      };

  /** How the JDK reports a proxy that opens no tunnel. */
  private static final Pattern NO_TUNNEL = Pattern.compile("tunnel failed, got: (\\d{3})");

  private NetworkFailures() {}

  /**
   * {@return the failure that an exception reports}
   *
   * @param headArrived whether the response had begun
   */
  public static Failure of(Throwable thrown, URI uri, boolean headArrived) {
    Throwable bare = unwrapped(thrown);
    return headArrived ? lost(bare) : neverStarted(bare, uri);
  }

  /**
   * How a reset is reported; Windows has words of its own for WSAECONNRESET and WSAECONNABORTED.
   */
  private static final List<String> RESET =
      List.of("reset", "broken pipe", "forcibly closed", "connection was aborted");

  /**
   * {@return whether the request was not sent because its HTTP/2 connection has as many streams as
   * the server allows} The JDK reports it by this message alone.
   */
  public static boolean isFullConnection(Throwable thrown) {
    return messages(thrown).contains("too many concurrent streams");
  }

  private static String where(URI uri) {
    return uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
  }

  /** {@return the failure of a proxy that opens no tunnel} */
  static Failure noTunnel(int status, URI uri) {
    String detail = where(uri) + ": the proxy refused the connection with status " + status;
    // A retry brings no credentials and changes no rule.
    return status == 407 || status == 403
        ? Failure.permanent(Cause.CONNECTION_FAILED, detail)
        : passing(detail);
  }

  /** {@return the failure of a response whose end is not clear} */
  static Failure notFramed(URI uri) {
    return passing(where(uri) + ": the response is not framed as HTTP requires");
  }

  /** {@return the failure of a body that has ended with another length than declared} */
  static Failure otherLength(boolean isShort) {
    return Failure.retryable(
        Cause.CONNECTION_LOST,
        isShort
            ? "the body ended before its declared length"
            : "the body is longer than its declared length");
  }

  private static Failure neverStarted(Throwable thrown, URI uri) {
    String where = where(uri);
    if (isCausedBy(thrown, UnresolvedAddressException.class)
        || isCausedBy(thrown, UnknownHostException.class)) {
      return passing(where + ": the name does not resolve");
    }
    if (isFullConnection(thrown)) {
      return passing(where + ": every connection carries as many streams as the server allows");
    }
    String certificate = CertificateRefusal.of(thrown, uri.getHost(), VALIDITY);
    if (certificate != null) {
      // A retry does not mend a certificate.
      return Failure.permanent(Cause.CONNECTION_FAILED, where + ": " + certificate);
    }
    String text = messages(thrown);
    var tunnel = NO_TUNNEL.matcher(text);
    if (tunnel.find()) {
      return noTunnel(Integer.parseInt(tunnel.group(1)), uri);
    }
    if (text.contains("too many authentication attempts")) {
      return Failure.permanent(
          Cause.CONNECTION_FAILED, where + ": the credentials were refused again and again");
    }
    return switch (thrown) {
      // No request has a time of its own; the JDK reports that of connecting by either class.
      case HttpTimeoutException timeout -> passing(where + ": connecting took too long");
      case ConnectException slow when text.contains("timed out") ->
          passing(where + ": connecting took too long");
      case ConnectException unreachable when isUnreachable(unreachable, text) ->
          passing(where + ": no route to the host");
      case ConnectException refused when isRefused(refused, text) ->
          Failure.refused(where + ": the connection was refused");
      case ConnectException other -> passing(where + ": the connection could not be made");
      case NoRouteToHostException unreachable -> passing(where + ": no route to the host");
      case SSLException tls -> passing(where + ": the TLS handshake failed");
      case CancellationException cancelled -> passing(where + ": the exchange was cancelled");
      default -> passing(where + ": the connection ended before a response came");
    };
  }

  private static boolean isUnreachable(Throwable thrown, String text) {
    return text.contains("unreachable") || isCausedBy(thrown, NoRouteToHostException.class);
  }

  /** The JDK tries twice, and may find the channel of its first try closed. */
  private static boolean isRefused(Throwable thrown, String text) {
    return text.contains("refused") || isCausedBy(thrown, ClosedChannelException.class);
  }

  private static Failure lost(Throwable thrown) {
    // The JDK puts what it was reading around what really happened.
    String text = messages(thrown);
    String detail;
    if (text.contains("rst_stream") || text.contains("not processed by peer")) {
      detail = "the stream was reset";
    } else if (RESET.stream().anyMatch(text::contains)) {
      detail = "the connection was reset";
    } else if (text.contains("chunked transfer encoding")) {
      detail = "the body ended inside the chunked encoding";
    } else if (text.contains("fixed content-length")) {
      detail = "the body ended before its declared length";
    } else if (isCausedBy(thrown, EOFException.class) || text.contains("eof")) {
      detail = "the connection ended within the body";
    } else {
      detail = "the connection broke (" + thrown.getClass().getSimpleName() + ")";
    }
    return Failure.retryable(Cause.CONNECTION_LOST, detail);
  }

  private static Failure passing(String detail) {
    return Failure.retryable(Cause.CONNECTION_FAILED, detail);
  }

  private static Throwable unwrapped(Throwable thrown) {
    Throwable inner = thrown.getCause();
    boolean wrapper = thrown instanceof CompletionException || thrown instanceof ExecutionException;
    return wrapper && inner != null ? inner : thrown;
  }

  private static String messages(Throwable thrown) {
    var all = new StringBuilder();
    @Nullable Throwable link = thrown;
    for (int depth = 0; link != null && depth < MAX_DEPTH; depth++) {
      all.append(link.getMessage()).append('\n');
      link = link.getCause();
    }
    return all.toString().toLowerCase(Locale.ROOT);
  }

  private static boolean isCausedBy(Throwable thrown, Class<? extends Throwable> type) {
    @Nullable Throwable link = thrown;
    for (int depth = 0; link != null && depth < MAX_DEPTH; depth++) {
      if (type.isInstance(link)) {
        return true;
      }
      link = link.getCause();
    }
    return false;
  }
}
