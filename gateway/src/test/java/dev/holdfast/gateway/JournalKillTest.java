package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.server.FaultServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} of a gateway at random points, with clients that come back to the next one: no
 * event that left the process is lost, none comes twice, none changes. {@code -Dholdfast.kills=N}
 * sets how often, {@code -Dholdfast.seed=N} the first seed.
 */
@Tag("slow")
class JournalKillTest {
  private static final List<Protocol> PROTOCOLS =
      List.of(Protocol.OPENAI_CHAT, Protocol.OPENAI_RESPONSES, Protocol.ANTHROPIC_MESSAGES);
  private static final int CLIENTS = 6;

  /** The answers are somewhat longer. */
  private static final int MOST_BYTES = 60_000;

  @TempDir private Path folder;

  @Test
  @Timeout(7_200)
  void whatLeftTheGatewaySurvivesKill() throws Exception {
    int kills = Integer.getInteger("holdfast.kills", Boolean.getBoolean("holdfast.long") ? 24 : 3);
    long first = Long.getLong("holdfast.seed", 1);
    var slow = new Fault.Slow(Duration.ofMillis(8));
    int events = 0;
    int cut = 0;
    try (var upstream =
        FaultServer.builder()
            .answer(Answer.ofText(Rig.TEXT))
            .script((stream, attempt) -> List.of(slow))
            .start()) {
      for (long seed = first; seed < first + kills; seed++) {
        try (var run = new Run(upstream, folder.resolve("journal-" + seed), seed)) {
          run.play();
          events += run.events.get();
          cut += run.cut.get();
        }
      }
    }
    System.out.printf(
        "kills: %d, first seed: %d, clients cut: %d, events checked: %d%n",
        kills, first, cut, events);
    assertThat(events).isPositive();
    assertThat(cut).isPositive();
  }

  /** One kill. */
  private static final class Run implements AutoCloseable {
    private final FaultServer upstream;
    private final Path directory;
    private final long seed;
    final AtomicInteger bytes = new AtomicInteger();
    final AtomicInteger events = new AtomicInteger();
    final AtomicInteger cut = new AtomicInteger();
    private Process child;
    private int port;

    Run(FaultServer upstream, Path directory, long seed) throws IOException {
      this.upstream = upstream;
      this.directory = directory;
      this.seed = seed;
      child = start();
    }

    private Process start() throws IOException {
      var command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-XX:+UseSerialGC",
                  "-Xshare:auto",
                  "-cp",
                  System.getProperty("java.class.path"),
                  JournalKillChild.class.getName(),
                  Integer.toString(port),
                  directory.toString()));
      for (Protocol protocol : PROTOCOLS) {
        command.add(Rig.configured(protocol) + "=" + upstream.baseUrl(protocol));
      }
      var started =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      var out =
          new BufferedReader(
              new InputStreamReader(started.getInputStream(), StandardCharsets.US_ASCII));
      String line = out.readLine();
      assertThat(line).as("port of the child, seed %d", seed).isNotNull();
      port = Integer.parseInt(line);
      return started;
    }

    void play() throws Exception {
      var random = new Random(seed);
      try (var threads = Executors.newFixedThreadPool(CLIENTS)) {
        var clients = new ArrayList<Callable<Client>>();
        for (int i = 0; i < CLIENTS; i++) {
          var client = new Client(this, PROTOCOLS.get(i % PROTOCOLS.size()), seed + "-" + i);
          clients.add(client::read);
        }
        var results = clients.stream().map(threads::submit).toList();
        long enough = random.nextInt(MOST_BYTES);
        while (bytes.get() < enough) {
          LockSupport.parkNanos(1_000_000);
        }
        child.toHandle().destroyForcibly();
        child.waitFor();
        child = start();
        for (var result : results) {
          var client = result.get();
          client.check();
        }
      }
    }

    @Override
    public void close() {
      child.destroyForcibly();
    }
  }

  /** A client that reads its answer to the end, over as many connections as that takes. */
  private static final class Client {
    private final Run run;
    private final Protocol protocol;
    private final String key;

    /** What was received, by the id of the event. */
    private final Map<String, String> received = new LinkedHashMap<>();

    private String stream = "";
    private String last = "";

    Client(Run run, Protocol protocol, String key) {
      this.run = run;
      this.protocol = protocol;
      this.key = key;
    }

    Client read() throws InterruptedException {
      while (true) {
        try (var client = new RawClient(run.port)) {
          client.send(
              stream.isEmpty()
                  ? RawClient.request(
                      "POST", Rig.path(protocol), Rig.body(protocol), "Idempotency-Key: " + key)
                  : RawClient.request(
                      "GET",
                      JournalRig.path(stream) + (last.isEmpty() ? "" : "?after=" + last),
                      ""));
          var head = client.head();
          if (head.status() == 200) {
            stream = head.header("holdfast-stream-id");
            if (isReadToTheEnd(client.stream())) {
              return this;
            }
            run.cut.incrementAndGet();
          }
        } catch (IOException | RuntimeException e) {
          // The gateway is not there; neither is its head.
        }
        Thread.onSpinWait();
        LockSupport.parkNanos(5_000_000);
      }
    }

    /** Takes what is whole of a body in chunks. */
    private boolean isReadToTheEnd(InputStream in) throws IOException {
      var body = new StringBuilder();
      try {
        while (true) {
          var size = new StringBuilder();
          for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
              return false;
            }
            size.append((char) b);
          }
          int length = Integer.parseInt(size.toString().strip(), 16);
          byte[] chunk = in.readNBytes(length);
          body.append(new String(chunk, StandardCharsets.UTF_8));
          run.bytes.addAndGet(chunk.length);
          if (chunk.length < length || in.readNBytes(2).length < 2) {
            return false;
          }
          if (length == 0) {
            return true;
          }
        }
      } catch (SocketException e) {
        return false;
      } finally {
        take(body.toString());
      }
    }

    private void take(String body) {
      int from = 0;
      for (int end = body.indexOf("\n\n"); end >= 0; end = body.indexOf("\n\n", from)) {
        String event = withoutComments(body.substring(from, end + 2));
        from = end + 2;
        var ids = JournalRig.ids(event);
        if (!ids.isEmpty()) {
          last = ids.getLast();
          assertThat(received.put(last, event)).as("doubled, seed %d", run.seed).isNull();
        }
      }
    }

    private static String withoutComments(String body) {
      return body.replaceAll("(?m)^:.*\n", "");
    }

    void check() throws IOException {
      var whole = RawClient.get(run.port, JournalRig.path(stream));
      var events = List.of(withoutComments(whole.text()).split("(?<=\n\n)", -1));
      var had = List.copyOf(received.values());
      for (int i = 0; i < Math.min(events.size(), had.size()); i++) {
        assertThat(had.get(i))
            .as("event %d, seed %d, %s", i, run.seed, protocol)
            .isEqualTo(events.get(i));
      }
      assertThat(had.size())
          .as("seed %d, %s", run.seed, protocol)
          .isEqualTo(events.stream().filter(e -> !e.isEmpty()).count());
      var reading = Reading.of(protocol.id(), whole.body());
      assertThat(reading.verdict()).as("seed %d, %s", run.seed, protocol).isEqualTo("COMPLETE");
      assertThat(reading.text()).as("seed %d, %s", run.seed, protocol).isEqualTo(Rig.TEXT);
      run.events.addAndGet(received.size());
    }
  }
}
