package dev.holdfast.gateway;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.gateway.config.UpstreamConfig;
import java.time.Duration;
import java.util.List;

/** A gateway in a process of its own: port, directory or Redis of the journal, upstreams. */
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
            .withJournal(journal(arguments[1]));
    var gateway = Gateway.builder(config).threads(2).start();
    System.out.println(gateway.port());
    System.out.flush();
    while (System.in.read() >= 0) {
      // Until the parent has ended.
    }
    System.exit(0);
  }

  private static JournalConfig journal(String place) {
    return switch (JournalPlace.of(place)) {
      case JournalPlace.Directory directory -> JournalConfig.at(directory.path());
      case JournalPlace.Redis redis ->
          JournalConfig.at(
              new JournalPlace.Redis(redis.address(), redis.prefix(), Duration.ofSeconds(1)));
    };
  }
}
