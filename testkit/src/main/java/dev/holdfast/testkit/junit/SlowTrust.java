package dev.holdfast.testkit.junit;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** Trusts the first certificate at once, and the others when a test allows it. */
final class SlowTrust extends X509ExtendedTrustManager {
  private final AtomicBoolean first = new AtomicBoolean(true);
  private final CountDownLatch handshaking = new CountDownLatch(1);
  private final CountDownLatch trusted = new CountDownLatch(1);
  private final Semaphore next = new Semaphore(0);

  /** {@return opens when a certificate is held up} */
  CountDownLatch handshaking() {
    return handshaking;
  }

  /** {@return what the test opens to let the others pass} */
  CountDownLatch trusted() {
    return trusted;
  }

  /** {@return permits for the pieces of the other stream} */
  Semaphore next() {
    return next;
  }

  /** {@return a context for a client} */
  SSLContext context() throws GeneralSecurityException {
    var context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {this}, null);
    return context;
  }

  private void decide() throws CertificateException {
    if (!first.getAndSet(false)) {
      handshaking.countDown();
      try {
        trusted.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CertificateException("the test is over", e);
      }
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    decide();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    decide();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    decide();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) {}

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
