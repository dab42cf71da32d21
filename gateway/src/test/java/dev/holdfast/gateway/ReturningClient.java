package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.fault.Protocol;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;

/** A client that reads its answer to the end, over as many connections as that takes. */
final class ReturningClient {
  /** What several clients did. */
  static final class Counts {
    final AtomicInteger bytes = new AtomicInteger();
    final AtomicInteger events = new AtomicInteger();
    final AtomicInteger cut = new AtomicInteger();
  }

  private final IntSupplier port;
  private final Protocol protocol;
  private final long seed;
  private final String key;
  private final Counts counts;

  /** What was received, by the id of the event. */
  private final Map<String, String> received = new LinkedHashMap<>();

  private volatile String stream = "";
  private String last = "";

  /** {@code port} returns where a gateway listens at that moment. */
  ReturningClient(IntSupplier port, Protocol protocol, long seed, int number, Counts counts) {
    this.port = port;
    this.protocol = protocol;
    this.seed = seed;
    this.key = seed + "-" + number;
    this.counts = counts;
  }

  /** {@return the id of its stream; empty until it has that} Of any thread. */
  String stream() {
    return stream;
  }

  ReturningClient read() throws InterruptedException {
    while (true) {
      try (var client = new RawClient(port.getAsInt())) {
        client.send(
            stream.isEmpty()
                ? RawClient.request(
                    "POST", Rig.path(protocol), Rig.body(protocol), "Idempotency-Key: " + key)
                : RawClient.request(
                    "GET", JournalRig.path(stream) + (last.isEmpty() ? "" : "?after=" + last), ""));
        var head = client.head();
        if (head.status() == 200) {
          stream = head.header("holdfast-stream-id");
          if (isReadToTheEnd(client.stream())) {
            return this;
          }
          counts.cut.incrementAndGet();
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
        counts.bytes.addAndGet(chunk.length);
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
        assertThat(received.put(last, event)).as("doubled, seed %d", seed).isNull();
      }
    }
  }

  private static String withoutComments(String body) {
    return body.replaceAll("(?m)^:.*\n", "");
  }

  void check() throws IOException {
    var whole = RawClient.get(port.getAsInt(), JournalRig.path(stream));
    var events = List.of(withoutComments(whole.text()).split("(?<=\n\n)", -1));
    var had = List.copyOf(received.values());
    for (int i = 0; i < Math.min(events.size(), had.size()); i++) {
      assertThat(had.get(i))
          .as("event %d, seed %d, %s", i, seed, protocol)
          .isEqualTo(events.get(i));
    }
    assertThat(had.size())
        .as("seed %d, %s", seed, protocol)
        .isEqualTo(events.stream().filter(e -> !e.isEmpty()).count());
    var reading = Reading.of(protocol.id(), whole.body());
    assertThat(reading.verdict()).as("seed %d, %s", seed, protocol).isEqualTo("COMPLETE");
    assertThat(reading.text()).as("seed %d, %s", seed, protocol).isEqualTo(Rig.TEXT);
    counts.events.addAndGet(received.size());
  }
}
