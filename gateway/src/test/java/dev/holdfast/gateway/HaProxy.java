package dev.holdfast.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * An {@code haproxy} of this machine in front of gateways. It needs no affinity: each connection
 * goes to the next gateway that listens.
 */
final class HaProxy {
  private HaProxy() {}

  /** Skips a test where no HAProxy is installed. */
  static void assumeInstalled() {
    LocalProgram.installed("haproxy");
  }

  /** {@return one that listens, in front of gateways on these ports of loopback} */
  static LocalProgram start(Path folder, List<Integer> gateways) throws IOException {
    int port = LocalProgram.freePort();
    var config =
        new StringBuilder(
            """
            global
              maxconn 4000
            defaults
              mode http
              timeout connect 1s
              timeout client 120s
              timeout server 120s
              retries 3
              option redispatch 1
              retry-on conn-failure
            frontend clients
              bind 127.0.0.1:%d
              default_backend gateways
            backend gateways
              balance roundrobin
              http-reuse never
            """
                .formatted(port));
    for (int gateway : gateways) {
      config.append(
          "  server g%1$d 127.0.0.1:%1$d check inter 200ms fall 1 rise 1%n".formatted(gateway));
    }
    Path file = folder.resolve("haproxy.cfg");
    Files.writeString(file, config);
    return LocalProgram.start(folder, port, "haproxy", "-db", "-f", file.toString());
  }
}
