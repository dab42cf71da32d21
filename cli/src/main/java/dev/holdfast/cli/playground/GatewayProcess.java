package dev.holdfast.cli.playground;

import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.core.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A gateway in a child process, which can be killed: the operating system ends it at once, and
 * nothing of it is closed in order. Another one is started in its place, on the same port and
 * journal. Thread-safe.
 */
final class GatewayProcess implements AutoCloseable {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final String upstream;
  private final Path journal;
  private final Consumer<? super String> events;
  private final CountDownLatch first = new CountDownLatch(1);
  private final Thread keeper;
  private volatile @Nullable Process process;
  private volatile int port;
  private volatile boolean up;
  private volatile boolean closed;
  private volatile long killedNanos;

  /**
   * Starts a gateway, and waits until it listens.
   *
   * @param upstream what it asks, as PROTOCOL=BASE_URL
   * @param events receives what happens to it and to its streams
   * @throws IllegalArgumentException if it does not start
   */
  GatewayProcess(String upstream, Path journal, Consumer<? super String> events)
      throws InterruptedException {
    this.upstream = upstream;
    this.journal = journal;
    this.events = events;
    keeper = Thread.ofPlatform().name("playground-gateway").daemon().start(this::keep);
    first.await();
    if (!up) {
      close();
      throw new IllegalArgumentException(
          "web: must have a gateway in a process of its own, which ended before it listened");
    }
  }

  /** {@return where it listens, at the same place after a restart} */
  int port() {
    return port;
  }

  /** {@return whether a gateway listens} */
  boolean isUp() {
    return up;
  }

  /** {@return the id of its process; 0 while there is none} */
  long pid() {
    Process now = process;
    return now == null ? 0 : now.pid();
  }

  /** {@return whether there was a process, which is killed: by SIGKILL where there are signals} */
  boolean kill() {
    Process now = process;
    if (now == null || !up) {
      return false;
    }
    up = false;
    killedNanos = System.nanoTime();
    report(JsonLine.of("killed").with("pid", now.pid()));
    now.destroyForcibly();
    return true;
  }

  @Override
  public void close() {
    closed = true;
    keeper.interrupt();
    Process now = process;
    if (now != null) {
      now.destroyForcibly();
    }
    try {
      if (now != null) {
        now.waitFor(); // The journal's files are let go.
      }
      keeper.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs one process after another until it is closed. */
  private void keep() {
    while (!closed) {
      try {
        run();
      } catch (IOException e) {
        report(JsonLine.of("not-started").with("detail", e.getClass().getSimpleName()));
      } catch (InterruptedException e) {
        // Closed.
      } finally {
        up = false;
        first.countDown();
      }
      if (!closed && killedNanos == 0) {
        LockSupport.parkNanos(PAUSE_NANOS); // One that cannot start is not started in a circle.
      }
    }
  }

  private void run() throws IOException, InterruptedException {
    Process started = new ProcessBuilder(command()).redirectError(Redirect.DISCARD).start();
    process = started;
    if (closed) {
      started.destroyForcibly();
    }
    try (var lines = started.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        read(started, line);
      }
    } catch (UncheckedIOException e) {
      // Killed in the middle of a line.
    } finally {
      started.destroyForcibly();
      started.waitFor();
      if (!closed && killedNanos == 0) {
        report(JsonLine.of("gateway-ended").with("pid", started.pid()));
      }
    }
  }

  private void read(Process started, String line) {
    Json.Obj event;
    try {
      if (!(Json.parse(line) instanceof Json.Obj object)) {
        return;
      }
      event = object;
    } catch (Json.MalformedException e) {
      return; // Cut by the kill.
    }
    if (event.text("event").equals("up")) {
      port = (int) event.number("port", 0);
      long down = killedNanos == 0 ? 0 : System.nanoTime() - killedNanos;
      killedNanos = 0;
      up = true;
      report(
          JsonLine.of("up")
              .with("pid", started.pid())
              .with("after_ms", TimeUnit.NANOSECONDS.toMillis(down)));
      first.countDown();
    } else {
      events.accept(line);
    }
  }

  private void report(JsonLine event) {
    events.accept(event.toString());
  }

  private List<String> command() {
    return JavaCommand.of(
        PlaygroundGateway.class, List.of(String.valueOf(port), upstream, journal.toString()));
  }
}
