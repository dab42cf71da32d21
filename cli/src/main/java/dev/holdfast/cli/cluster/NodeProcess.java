package dev.holdfast.cli.cluster;

import dev.holdfast.cli.playground.JavaCommand;
import dev.holdfast.core.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/** One gateway of the cluster, in a process of its own. Thread-safe. */
final class NodeProcess implements AutoCloseable {
  private final int number;
  private final Process process;
  private final CompletableFuture<Integer> port = new CompletableFuture<>();

  /**
   * Starts a process; {@link #port} waits for its gateway.
   *
   * @param number of the node, from 1
   * @param events receives what its streams do
   */
  NodeProcess(int number, List<String> arguments, Consumer<? super ClusterEvent> events)
      throws IOException {
    this.number = number;
    process =
        new ProcessBuilder(JavaCommand.of(ClusterNode.class, arguments))
            .redirectError(Redirect.DISCARD)
            .start();
    Thread.ofPlatform().name("cluster-node-" + number).daemon().start(() -> read(events));
  }

  private void read(Consumer<? super ClusterEvent> events) {
    try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        read(line, events);
      }
    } catch (IOException | UncheckedIOException e) {
      // Killed in the middle of a line.
    } finally {
      port.completeExceptionally(new IOException("gateway: must listen, ended before"));
    }
  }

  private void read(String line, Consumer<? super ClusterEvent> events) {
    try {
      if (!(Json.parse(line) instanceof Json.Obj event)) {
        return;
      }
      if (event.text("event").equals("up")) {
        port.complete((int) event.number("port", 0));
      } else {
        events.accept(new ClusterEvent.Reported(number, event));
      }
    } catch (Json.MalformedException e) {
      // Cut by the kill.
    }
  }

  int number() {
    return number;
  }

  long pid() {
    return process.pid();
  }

  /**
   * {@return where its gateway listens} Waits until it does.
   *
   * @throws IOException if its process ended before
   */
  int port() throws IOException {
    try {
      return port.join();
    } catch (CompletionException e) {
      throw new IOException("gateway: must listen, ended before", e);
    }
  }

  /** Ends it by SIGKILL, where there are signals. */
  void kill() {
    process.destroyForcibly();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
