package dev.holdfast.core.guard;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Why the certificate of a server was refused, in one sentence for all transports: the rule that it
 * breaks, and what it has instead. The names in a certificate are the server's, so none is
 * repeated. Reads what the JDK's own verification throws.
 */
public final class CertificateRefusal {
  /** Causes may form a ring. */
  private static final int MAX_DEPTH = 16;

  /** When a certificate is valid. The JDK has dates for that, which the core does not know. */
  public interface Validity {
    /** {@return the first moment} */
    Instant from(X509Certificate certificate);

    /** {@return the last moment} */
    Instant until(X509Certificate certificate);
  }

  private CertificateRefusal() {}

  /**
   * {@return what is wrong with a certificate; null if what was thrown is about none}
   *
   * @param host the name that was asked for
   */
  public static @Nullable String of(Throwable thrown, String host, Validity validity) {
    boolean found = false;
    X509Certificate refused = null;
    @Nullable Throwable link = thrown;
    for (int depth = 0; link != null && depth < MAX_DEPTH; depth++) {
      if (link instanceof CertPathValidatorException path) {
        refused = certificate(path);
      }
      if (link instanceof CertificateExpiredException) {
        return "the certificate has expired: must be valid now, was valid "
            + (refused == null ? "before" : "until " + validity.until(refused));
      }
      if (link instanceof CertificateNotYetValidException) {
        return "the certificate is not valid yet: must be valid now, will be "
            + (refused == null ? "later" : "from " + validity.from(refused));
      }
      String message = String.valueOf(link.getMessage());
      if (link instanceof CertificateException
          && (message.startsWith("No name matching")
              || message.startsWith("No subject alternative"))) {
        return "the certificate is for another name: must be for " + host + ", was not";
      }
      found |= link instanceof CertificateException || link instanceof CertPathBuilderException;
      link = link.getCause();
    }
    return found
        ? "the certificate is not trusted: must be signed by an authority that is trusted here, was"
            + " signed by itself or by another"
        : null;
  }

  private static @Nullable X509Certificate certificate(CertPathValidatorException path) {
    int index = path.getIndex();
    return path.getCertPath() != null
            && index >= 0
            && path.getCertPath().getCertificates().get(index) instanceof X509Certificate known
        ? known
        : null;
  }
}
