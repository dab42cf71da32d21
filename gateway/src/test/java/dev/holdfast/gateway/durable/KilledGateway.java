package dev.holdfast.gateway.durable;

import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A gateway in a process of its own, which is killed. */
final class KilledGateway {
  private KilledGateway() {}

  /** Serves streams from the directory that is named, and prints its port. */
  public static void main(String... arguments) throws InterruptedException {
    var config =
        GatewayConfig.DEFAULT
            .listeningAt(GatewayConfig.DEFAULT.listen().address(), 0, 0)
            .withJournal(JournalConfig.at(Path.of(arguments[0])));
    var gateway =
        Gateway.builder(config).durableStreams(DurableSettings.DEFAULT).threads(1).start();
    System.out.println(gateway.port());
    new CountDownLatch(1).await();
  }
}
