package dev.holdfast.benchmarks.gateway;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * nginx as a relay that does not look: {@code proxy_buffering off}, keep-alive on both sides. With
 * a certificate it also serves clients over HTTP/2, and asks an upstream by TLS; there it knows
 * HTTP/1.1 alone.
 */
final class PlainNginx implements AutoCloseable {
  private static final int TRIES = 200;

  private final Path folder;
  private final Process master;
  private final int port;
  private int http2Port;
  private int secureUpstreamPort;

  private PlainNginx(Path folder, Process master, int port) {
    this.folder = folder;
    this.master = master;
    this.port = port;
  }

  static PlainNginx start(String program, int upstreamPort, int workers) throws IOException {
    return start(program, upstreamPort, workers, freePort(), "");
  }

  /**
   * {@return one that speaks TLS, too}
   *
   * @param certificate the folder of a {@link BenchCertificate}
   * @param secureUpstream the port of an upstream that shows it
   */
  static PlainNginx start(
      String program, int upstreamPort, int workers, Path certificate, int secureUpstream)
      throws IOException {
    int http2 = freePort();
    int secure = freePort();
    var more =
        """
        upstream secure { server 127.0.0.1:%d; keepalive 1024; keepalive_requests 1000000000; }
        server {
          listen 127.0.0.1:%d ssl http2 backlog=4096;
          ssl_certificate %s;
          ssl_certificate_key %s;
          location / {
            proxy_pass http://events;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_read_timeout 3600s;
          }
        }
        server {
          listen 127.0.0.1:%d backlog=4096;
          location / {
            proxy_pass https://secure;
            proxy_ssl_verify on;
            proxy_ssl_name localhost;
            proxy_ssl_server_name on;
            proxy_ssl_trusted_certificate %s;
            proxy_ssl_protocols TLSv1.2 TLSv1.3;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_read_timeout 3600s;
          }
        }
        """
            .formatted(
                secureUpstream,
                http2,
                BenchCertificate.certificate(certificate),
                BenchCertificate.key(certificate),
                secure,
                BenchCertificate.certificate(certificate));
    var nginx = start(program, upstreamPort, workers, freePort(), more);
    nginx.http2Port = http2;
    nginx.secureUpstreamPort = secure;
    return nginx;
  }

  private static PlainNginx start(
      String program, int upstreamPort, int workers, int port, String more) throws IOException {
    Path folder = Files.createTempDirectory("holdfast-nginx");
    Path config = folder.resolve("nginx.conf");
    Files.writeString(
        config,
        """
        daemon off;
        worker_processes %d;
        worker_rlimit_nofile 20000;
        pid %s/pid;
        error_log stderr crit;
        events { worker_connections 19990; }
        http {
          access_log off;
          client_body_temp_path %s/body;
          proxy_temp_path %s/proxy;
          fastcgi_temp_path %s/fastcgi;
          uwsgi_temp_path %s/uwsgi;
          scgi_temp_path %s/scgi;
          keepalive_requests 1000000000;
          upstream events { server 127.0.0.1:%d; keepalive 1024; keepalive_requests 1000000000; }
          server {
            listen 127.0.0.1:%d backlog=4096;
            location / {
              proxy_pass http://events;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_buffering off;
              proxy_read_timeout 3600s;
            }
          }
          %s
        }
        """
            .formatted(
                workers, folder, folder, folder, folder, folder, folder, upstreamPort, port, more));
    var master =
        new ProcessBuilder(program, "-p", folder.toString(), "-c", config.toString())
            .inheritIO()
            .start();
    var nginx = new PlainNginx(folder, master, port);
    nginx.await();
    return nginx;
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void await() throws IOException {
    for (int i = 0; i < TRIES; i++) {
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        if (socket.isConnected()) {
          return;
        }
      } catch (IOException e) {
        LockSupport.parkNanos(20_000_000);
      }
    }
    close();
    throw new IOException("nginx: must listen on " + port);
  }

  int port() {
    return port;
  }

  /** {@return the port for HTTP/2 over TLS} */
  int http2Port() {
    return http2Port;
  }

  /** {@return the port whose upstream is asked by TLS} */
  int secureUpstreamPort() {
    return secureUpstreamPort;
  }

  /** {@return master and workers} */
  List<Long> pids() {
    var pids = new ArrayList<Long>();
    master.descendants().forEach(worker -> pids.add(worker.pid()));
    pids.add(master.pid());
    return pids;
  }

  @Override
  public void close() {
    master.destroy();
    try {
      master.waitFor();
      try (var files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      System.err.println("nginx: its folder is left in " + folder);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
