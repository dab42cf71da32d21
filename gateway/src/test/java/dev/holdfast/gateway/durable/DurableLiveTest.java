package dev.holdfast.gateway.durable;

import static dev.holdfast.gateway.durable.Served.TEXT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reads that wait: what they receive, and what is left of those that leave. */
@Timeout(120)
class DurableLiveTest {
  @TempDir Path directory;

  /** A reader of lines, as slow as its test is. */
  private static final class Reader implements AutoCloseable {
    private final Socket socket;
    final BufferedReader lines;

    Reader(Served served, String path, String... headers) throws IOException {
      socket = new Socket();
      socket.setReceiveBufferSize(8 << 10);
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), served.gateway.port()));
      socket.setSoTimeout(60_000);
      var more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
      String request =
          "GET /v1/stream/" + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8), 1 << 10);
    }

    /** {@return the first line that begins so, without the beginning} */
    String next(String beginning) throws IOException {
      while (true) {
        String line = lines.readLine();
        assertThat(line).as("a line with %s", beginning).isNotNull();
        if (line.startsWith(beginning)) {
          return line.substring(beginning.length());
        }
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    var pause = new CompletableFuture<Void>();
    while (!condition.getAsBoolean()) {
      pause.completeOnTimeout(null, 10, TimeUnit.MILLISECONDS).join();
      pause = new CompletableFuture<>();
    }
  }

  @Test
  void nothingIsLeftOfReadersThatLeave() throws IOException, InterruptedException {
    try (var served = new Served(directory)) {
      served.put("s", "x", TEXT);
      String tail = served.head("s").offset();
      var readers = new ArrayList<Reader>();
      for (int i = 0; i < 200; i++) {
        String live = i % 2 == 0 ? "long-poll" : "sse";
        readers.add(new Reader(served, "s?live=" + live + "&offset=" + tail));
      }
      await(() -> served.front().waiting() == 200);
      for (var reader : readers.subList(0, 100)) {
        reader.close();
      }
      await(() -> served.front().waiting() == 100);
      served.post("s", "y\n", TEXT);
      for (int i = 100; i < 200; i++) {
        try (var reader = readers.get(i)) {
          if (i % 2 == 0) {
            assertThat(reader.next("y")).isEmpty();
          } else {
            reader.next("event: data");
            assertThat(reader.next("data:")).isEqualTo("y");
          }
        }
      }
      await(() -> served.gateway.open() == 0);
      assertThat(served.front().waiting()).isZero();
      assertThat(served.front().memoryBytes()).isZero();
      await(() -> served.journal.size().followers() == 0);
    }
  }

  @Test
  void aSlowReaderHoldsOnePageAndReceivesEverything() throws IOException, InterruptedException {
    try (var served = new Served(directory)) {
      served.put("s", "", TEXT);
      String line = "z".repeat(1_000);
      int count = 20_000; // 20 MB, in requests of 100 lines.
      for (int i = 0; i < count / 100; i++) {
        served.post("s", (line + "\n").repeat(100), TEXT);
      }
      served.post("s", "end", TEXT, "Stream-Closed: true");
      try (var reader = new Reader(served, "s?live=sse&offset=-1")) {
        int lines = 0;
        long most = 0;
        while (true) {
          String text = reader.lines.readLine();
          assertThat(text).isNotNull();
          most = Math.max(most, served.front().memoryBytes());
          if (text.startsWith("data:zzz")) {
            assertThat(text).hasSize(5 + line.length());
            lines++;
          }
          if (text.contains("\"streamClosed\":true")) {
            break;
          }
        }
        assertThat(lines).isEqualTo(count);
        assertThat(most).as("bytes in memory").isLessThan(1 << 20);
      }
      await(() -> served.gateway.open() == 0);
      assertThat(served.front().memoryBytes()).isZero();
    }
  }

  @Test
  void aBrowserReadsOnAfterItsLastEvent() throws IOException, InterruptedException {
    try (var served = new Served(directory)) {
      served.put("s", "one", TEXT);
      served.post("s", "two", TEXT);
      served.post("s", "  three\r four\r\n\n", TEXT);
      String id;
      try (var reader = new Reader(served, "s?live=sse&offset=-1")) {
        id = reader.next("id: ");
        assertThat(reader.next("event: ")).isEqualTo("data");
        assertThat(reader.next("data:")).isEqualTo("one");
        assertThat(reader.next("data:")).contains("\"streamNextOffset\":\"" + id + "\"");
      }
      try (var reader = new Reader(served, "s?live=sse&offset=-1", "Last-Event-ID: " + id)) {
        assertThat(reader.next("data:")).isEqualTo("two");
        reader.next("event: data");
        // One space is taken away by the reader, and a line break is a line.
        List<String> data = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          data.add(reader.lines.readLine());
        }
        assertThat(data).containsExactly("data:   three", "data:  four", "data:", "data:");
      }
      assertThat(served.get("s?live=sse&offset=-1", "Last-Event-ID: 7").status()).isEqualTo(400);
    }
  }

  @Test
  void readersReceiveTheEndOfTheirStream() throws IOException, InterruptedException {
    try (var served = new Served(directory)) {
      served.put("closed", "", TEXT);
      served.put("deleted", "", TEXT);
      try (var closed = new Reader(served, "closed?live=sse&offset=now");
          var polls = new Reader(served, "closed?live=long-poll&offset=now");
          var deleted = new Reader(served, "deleted?live=sse&offset=now");
          var gone = new Reader(served, "deleted?live=long-poll&offset=now")) {
        await(() -> served.front().waiting() == 4);
        served.post("closed", "", "Stream-Closed: true");
        served.delete("deleted");
        assertThat(
                closed.next(
                    "data:{\"streamNextOffset\":\"0000000000000000_0000000000000000\",\"streamClosed\""))
            .isEqualTo(":true}");
        assertThat(polls.next("HTTP/1.1 ")).isEqualTo("204 No Content");
        assertThat(polls.next("stream-closed: ")).isEqualTo("true");
        assertThat(gone.next("HTTP/1.1 ")).isEqualTo("404 Not Found");
        deleted.next("0"); // The last chunk.
      }
      await(() -> served.gateway.open() == 0);
    }
  }

  @Test
  void connectionsEndAfterTheirTimeAndWhenTheGatewayDoes()
      throws IOException, InterruptedException {
    var settings =
        DurableSettings.DEFAULT
            .withLongPoll(Duration.ofMillis(50))
            .withConnection(Duration.ofMillis(300));
    var clock = new AtomicLong(System.currentTimeMillis());
    try (var served = new Served(directory, settings, clock, config -> config)) {
      served.put("s", "", TEXT);
      var silent = served.get("s?live=sse&offset=-1");
      assertThat(silent.status()).isEqualTo(200);
      assertThat(silent.body().split("\"upToDate\":true", -1)).hasSizeGreaterThan(2);
      assertThat(served.get("s?live=long-poll&offset=-1").status()).isEqualTo(204);
    }
    try (var served = new Served(directory)) {
      var reader = new Reader(served, "s?live=sse&offset=-1");
      var polls = new Reader(served, "s?live=long-poll&offset=-1");
      await(() -> served.front().waiting() == 2);
      served.gateway.close();
      reader.next("0");
      assertThat(polls.next("HTTP/1.1 ")).startsWith("503");
      reader.close();
      polls.close();
    }
  }
}
