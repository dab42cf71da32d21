package dev.holdfast.cli.serve;

import dev.holdfast.cli.terminal.Terminal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** SIGTERM and SIGINT: the first one asks for an orderly end, the second ends the process. */
final class Signals {
  private static final int KILLED = 128;

  private Signals() {}

  /**
   * {@return what {@code work} returns} The JVM runs its shutdown hooks once and ignores a second
   * signal meanwhile, so the two signals are taken away from it.
   */
  static <T> T handled(Runnable first, Terminal.Work<T> work) throws InterruptedException {
    var count = new AtomicInteger();
    SignalHandler handler =
        received -> {
          if (count.incrementAndGet() == 1) {
            Thread.ofPlatform().name("holdfast-drain").daemon().start(first);
          } else {
            Runtime.getRuntime().halt(KILLED + received.getNumber());
          }
        };
    var before = new LinkedHashMap<Signal, SignalHandler>();
    for (String name : List.of("TERM", "INT")) {
      var signal = new Signal(name);
      before.put(signal, Signal.handle(signal, handler));
    }
    try {
      return work.run();
    } finally {
      before.forEach(Signal::handle);
    }
  }
}
