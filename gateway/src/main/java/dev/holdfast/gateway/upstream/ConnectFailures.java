package dev.holdfast.gateway.upstream;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.DecoderException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What Netty reports of a connection, as failures. The one place that knows its exceptions. */
final class ConnectFailures {
  /** Causes may form a ring. */
  private static final int MAX_DEPTH = 16;

  private ConnectFailures() {}

  /** {@return the failure of a connection that had no response head yet} */
  static Failure before(Throwable reported, String where) {
    Throwable inner = reported.getCause();
    Throwable thrown = reported instanceof DecoderException && inner != null ? inner : reported;
    if (thrown instanceof ConnectTimeoutException) {
      return passing(where + ": connecting took too long");
    }
    if (thrown instanceof UnknownHostException) {
      return passing(where + ": the name does not resolve");
    }
    if (thrown instanceof NoRouteToHostException) {
      return passing(where + ": no route to the host");
    }
    if (thrown instanceof ConnectException) {
      return Failure.refused(where + ": the connection was refused");
    }
    if (isCausedByCertificate(thrown)) {
      // A retry does not mend a certificate.
      return Failure.permanent(Cause.CONNECTION_FAILED, where + ": the certificate is not trusted");
    }
    if (thrown instanceof SSLException) {
      return passing(where + ": the TLS handshake failed");
    }
    return passing(where + ": the connection ended before a response came");
  }

  /** {@return the failure of a connection that broke within a body} */
  static Failure within(Throwable thrown) {
    String message = String.valueOf(thrown.getMessage()).toLowerCase(Locale.ROOT);
    boolean reset = message.contains("reset") || message.contains("broken pipe");
    return Failure.retryable(
        Cause.CONNECTION_LOST,
        reset
            ? "the connection was reset"
            : "the connection broke (" + thrown.getClass().getSimpleName() + ")");
  }

  private static Failure passing(String detail) {
    return Failure.retryable(Cause.CONNECTION_FAILED, detail);
  }

  private static boolean isCausedByCertificate(Throwable thrown) {
    @Nullable Throwable link = thrown;
    for (int depth = 0; link != null && depth < MAX_DEPTH; depth++) {
      if (link instanceof CertificateException) {
        return true;
      }
      link = link.getCause();
    }
    return false;
  }
}
