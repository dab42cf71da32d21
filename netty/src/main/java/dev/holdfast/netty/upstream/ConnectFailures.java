package dev.holdfast.netty.upstream;

import dev.holdfast.core.guard.CertificateRefusal;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.DecoderException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Locale;
import javax.net.ssl.SSLException;

/** What Netty reports of a connection, as failures. The one place that knows its exceptions. */
final class ConnectFailures {
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

  private ConnectFailures() {}

  /** {@return the failure of a connection that had no response head yet} */
  static Failure before(Throwable reported, String where) {
    Throwable inner = reported.getCause();
    Throwable thrown = reported instanceof DecoderException && inner != null ? inner : reported;
    if (thrown instanceof ConnectTimeoutException) {
      return tookTooLong(where);
    }
    if (thrown instanceof UnknownHostException) {
      return passing(where + ": the name does not resolve");
    }
    if (thrown instanceof NoRouteToHostException) {
      return passing(where + ": no route to the host");
    }
    if (thrown instanceof ConnectException
        && String.valueOf(thrown.getMessage()).contains("timed out")) {
      return tookTooLong(where);
    }
    String text = String.valueOf(thrown.getMessage()).toLowerCase(Locale.ROOT);
    if (thrown instanceof SocketException && text.contains("unreachable")) {
      return passing(where + ": no route to the host");
    }
    if (thrown instanceof ConnectException) {
      return text.contains("refused")
          ? Failure.refused(where + ": the connection was refused")
          : passing(where + ": the connection could not be made");
    }
    String certificate = CertificateRefusal.of(thrown, host(where), VALIDITY);
    if (certificate != null) {
      // A retry does not mend a certificate.
      return Failure.permanent(Cause.CONNECTION_FAILED, where + ": " + certificate);
    }
    if (thrown instanceof SSLException) {
      return passing(where + ": the TLS handshake failed");
    }
    return passing(where + ": the connection ended before a response came");
  }

  private static String host(String where) {
    int colon = where.lastIndexOf(':');
    return colon < 0 || where.endsWith("]") ? where : where.substring(0, colon);
  }

  /** {@return the failure of a connection that was not there in time} */
  static Failure tookTooLong(String where) {
    return passing(where + ": connecting took too long");
  }

  /** {@return the failure where this process has no TLS; a retry does not mend that} */
  static Failure noTls(String where) {
    return Failure.permanent(Cause.CONNECTION_FAILED, where + ": TLS cannot be used here");
  }

  /** {@return the failure of a proxy that opens no tunnel} */
  static Failure noTunnel(int status, String where) {
    String detail = where + ": the proxy refused the connection with status " + status;
    // A retry brings no credentials and changes no rule.
    return status == 407 || status == 403
        ? Failure.permanent(Cause.CONNECTION_FAILED, detail)
        : passing(detail);
  }

  /** {@return the failure of a proxy that does not speak HTTP} */
  static Failure brokenTunnel(String why, String where) {
    return passing(where + ": of the proxy, " + why);
  }

  /** {@return the failure of a connection that ended without an error} */
  static Failure ended(boolean headArrived, String where) {
    return headArrived
        ? Failure.retryable(Cause.CONNECTION_LOST, "the connection ended within the body")
        : passing(where + ": the connection ended before a response came");
  }

  /** {@return the failure of an exchange that the server gave up on its own} */
  static Failure reset(boolean headArrived, String where) {
    return headArrived
        ? Failure.retryable(Cause.CONNECTION_LOST, "the stream was reset")
        : passing(where + ": the stream was reset before a response came");
  }

  /** {@return the failure of a connection on which nothing arrives, not even answers to pings} */
  static Failure silent(boolean headArrived, String where) {
    return headArrived
        ? Failure.retryable(Cause.CONNECTION_LOST, "the connection did not answer a ping")
        : passing(where + ": the connection did not answer a ping");
  }

  /** {@return the failure of a body that ends before the length that its head names} */
  static Failure tooShort() {
    return Failure.retryable(Cause.CONNECTION_LOST, "the body ended before its length");
  }

  /** {@return the failure of a request for which no connection is left} */
  static Failure full(String where) {
    return passing(where + ": every connection carries as many streams as the server allows");
  }

  /** {@return the failure of a connection that broke within a body} */
  static Failure within(Throwable thrown) {
    String message = String.valueOf(thrown.getMessage()).toLowerCase(Locale.ROOT);
    boolean reset =
        message.contains("reset")
            || message.contains("broken pipe")
            || message.contains("forcibly closed")
            || message.contains("connection was aborted");
    return Failure.retryable(
        Cause.CONNECTION_LOST,
        reset
            ? "the connection was reset"
            : "the connection broke (" + thrown.getClass().getSimpleName() + ")");
  }

  private static Failure passing(String detail) {
    return Failure.retryable(Cause.CONNECTION_FAILED, detail);
  }
}
