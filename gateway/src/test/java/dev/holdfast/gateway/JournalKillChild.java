package dev.holdfast.gateway;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import java.nio.file.Path;
import java.util.List;

/** A gateway in a process of its own: port, directory of the journal, upstreams. */
final class JournalKillChild {
  private JournalKillChild() {}

  @SuppressWarnings("SystemOut") // Its parent reads the port there.
  public static void main(String[] arguments) throws Exception {
    var listen = GatewayConfig.DEFAULT.listen();
    var upstreams = List.of(arguments).subList(2, arguments.length);
    var config =
        GatewayConfig.DEFAULT
            .listeningAt(listen.address(), Integer.parseInt(arguments[0]), 0)
            .withUpstreams(upstreams.stream().map(UpstreamConfig::parse).toList())
            .withJournal(JournalConfig.at(Path.of(arguments[1])));
    var gateway = Gateway.builder(config).threads(2).start();
    System.out.println(gateway.port());
    System.out.flush();
    while (System.in.read() >= 0) {
      // Until the parent has ended.
    }
    System.exit(0);
  }
}
