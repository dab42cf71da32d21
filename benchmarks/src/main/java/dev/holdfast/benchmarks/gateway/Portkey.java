package dev.holdfast.benchmarks.gateway;

import dev.holdfast.benchmarks.gateway.Turns.Load;
import dev.holdfast.benchmarks.gateway.Turns.Relay;
import dev.holdfast.benchmarks.gateway.Turns.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Portkey's gateway, a program of Node, beside ours. Each of its windows has a process of its own,
 * since it reads on from the upstream after its clients have left.
 */
final class Portkey {
  private static final String PROGRAM = "node_modules/@portkey-ai/gateway/build/start-server.js";

  private final Path folder;
  private final Turns turns;
  private final Relay gateway;
  private final int upstreamPort;

  /**
   * Portkey beside a gateway.
   *
   * @param folder with its packages
   */
  Portkey(Path folder, Turns turns, Relay gateway, int upstreamPort) {
    this.folder = folder;
    this.turns = turns;
    this.gateway = gateway;
    this.upstreamPort = upstreamPort;
  }

  /** {@return whether its packages are installed; a message reports where they are not} */
  static boolean isInstalled(Path folder) {
    boolean there = Files.exists(folder.resolve(PROGRAM));
    if (!there) {
      System.out.printf(
          "Portkey: skipped, since it must be installed: npm ci --ignore-scripts --prefix %s%n",
          folder.toAbsolutePath());
    }
    return there;
  }

  /** {@return how many times as much it needs as the gateway, which is warm} */
  Figure measure(String name, Load load, ToDoubleFunction<Window> value, double goal)
      throws IOException {
    var ours = new ArrayList<Window>();
    var theirs = new ArrayList<Window>();
    for (int round = 0; round < turns.rounds(); round++) {
      ours.add(turns.once(gateway, load, round == 0));
      try (var portkey =
          Child.start("Portkey", List.of("node", folder.resolve("server.mjs").toString()))) {
        int port = Integer.parseInt(portkey.line());
        var relay = Relay.of(portkey, port, LoadDriver.PORTKEY + upstreamPort);
        theirs.add(turns.once(relay, load, true));
      }
    }
    return new Figure(
        "Portkey: " + name,
        "us",
        List.of(),
        Turns.each(theirs, value),
        Turns.each(ours, value),
        goal,
        Figure.Kind.PEER_RATIO);
  }
}
