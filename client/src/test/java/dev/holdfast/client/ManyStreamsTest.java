package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A thousand streams at once, a third of them cancelled: nothing is left behind. */
@Timeout(600)
final class ManyStreamsTest {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final int STREAMS = 1000;
  private static final Duration SETTLING = Duration.ofMinutes(2);
  private static final String STORY =
      IntStream.range(0, 12)
          .mapToObj(
              n -> "Ship " + n + " left whole and came home whole, with crate " + n * 7 + ". ")
          .collect(Collectors.joining());

  @TempDir Path spills = Path.of("");

  /** What a process holds. */
  private record Holdings(long descriptors, long threads) {
    static Holdings now() {
      return new Holdings(count(DESCRIPTORS), Thread.getAllStackTraces().size());
    }

    boolean within(Holdings baseline) {
      return descriptors <= baseline.descriptors && threads <= baseline.threads;
    }
  }

  /**
   * Numbered streams: of three, one stalls until it is cancelled and two are healthy; of thirty,
   * one is cut. More cuts than fifty would empty the upstream's retry budget, and rightly so.
   */
  private static List<Fault> faults(String prompt, int attempt) {
    int number = Integer.parseInt(prompt.substring(prompt.lastIndexOf(' ') + 1));
    if (number % 3 == 0) {
      return Fault.parseAll("stall@token=30,for=1h");
    }
    return number % 30 == 1 && attempt == 1
        ? Fault.parseAll("cut-rst@token=20")
        : Fault.parseAll("slices@max=200");
  }

  @Test
  void descriptorsThreadsAndSpillFilesReturnToTheBaseline() throws Exception {
    assumeTrue(Files.isDirectory(DESCRIPTORS), "needs /proc/self/fd to count descriptors");
    runStreams(30); // Loads classes and starts the JDK's own threads.
    Holdings baseline = Holdings.now();

    long spilled = runStreams(STREAMS);

    assertThat(spilled).as("spill files open at the height").isGreaterThan(STREAMS / 4);
    assertThat(settled(Holdings::now, now -> now.within(baseline)))
        .satisfies(now -> assertThat(now.within(baseline)).as("within %s", baseline).isTrue());
    assertThat(count(spills)).isZero();
  }

  /** {@return how many spill files were open when every stalled stream had stalled} */
  private long runStreams(int streams) throws Exception {
    try (var server =
            FaultServer.builder()
                .answer(Answer.ofText(STORY))
                .script((Script) ManyStreamsTest::faults)
                .start();
        var holdfast =
            Holdfast.builder()
                .upstream(Upstream.openAi("key").at(server.baseUrl().toString()))
                .sink(() -> new SpillingSink(10, spills))
                // A thousand connections at once may take a busy machine long.
                .policy(
                    StreamPolicy.DEFAULT.withTimeouts(Timeouts.DEFAULT.withConnect(Duration.ZERO)))
                .build();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var stalled = new CountDownLatch((streams + 2) / 3);
      var mayCancel = new CountDownLatch(1);
      List<Future<Outcome>> outcomes =
          IntStream.range(0, streams)
              .mapToObj(n -> threads.submit(() -> read(holdfast, n, stalled, mayCancel)))
              .toList();
      stalled.await();
      long open = spillsOpen();
      mayCancel.countDown();
      for (int n = 0; n < streams; n++) {
        Outcome outcome = outcomes.get(n).get();
        assertThat(outcome.verdict().name()).isEqualTo(n % 3 == 0 ? "CANCELLED" : "COMPLETE");
      }
      assertThat(server.awaitEnded(streams, SETTLING)).isTrue();
      assertThat(settled(this::spillsOpen, left -> left == 0))
          .as("spill files open after the streams were closed")
          .isZero();
      return open;
    }
  }

  private static Outcome read(
      Holdfast holdfast, int number, CountDownLatch stalled, CountDownLatch mayCancel)
      throws InterruptedException, IOException {
    var request = ChatRequest.to("gpt-4.1").user("Story number " + number).build();
    try (var stream = holdfast.stream(request)) {
      if (number % 3 != 0) {
        Outcome outcome = stream.outcome().requireComplete();
        try (var reader = outcome.textReader()) {
          var whole = new java.io.StringWriter();
          long unused = reader.transferTo(whole);
          assertThat(whole).hasToString(STORY);
        }
        return outcome;
      }
      int characters = 0;
      while (characters < 60) {
        if (stream.next().orElse(null) instanceof StreamEvent.TextDelta(int choice, String text)) {
          characters += text.length();
        }
      }
      stalled.countDown();
      mayCancel.await();
      Thread canceller = Thread.ofVirtual().start(stream::abort);
      Outcome outcome = stream.outcome(); // Stalled until the abort comes.
      canceller.join();
      return outcome;
    }
  }

  private long spillsOpen() {
    long open = 0;
    for (Path descriptor : list(DESCRIPTORS)) {
      try {
        if (Files.readSymbolicLink(descriptor).startsWith(spills)) {
          open++;
        }
      } catch (IOException e) {
        // Closed meanwhile: then it is not open.
      }
    }
    return open;
  }

  private static long count(Path directory) {
    return list(directory).size();
  }

  private static List<Path> list(Path directory) {
    var entries = new ArrayList<Path>();
    try (var stream = Files.newDirectoryStream(directory)) {
      stream.forEach(entries::add);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return entries;
  }

  /**
   * {@return what is left once what was let go has gone} The JVM itself keeps a thread that it made
   * beside those of its virtual threads, while one of them was in a file, for half a minute.
   */
  private static <T> T settled(Supplier<T> count, Predicate<T> isSettled)
      throws InterruptedException {
    var never = new CountDownLatch(1);
    long end = System.nanoTime() + SETTLING.toNanos();
    T now = count.get();
    while (!isSettled.test(now) && System.nanoTime() < end) {
      boolean unused = never.await(50, TimeUnit.MILLISECONDS);
      now = count.get();
    }
    return now;
  }
}
