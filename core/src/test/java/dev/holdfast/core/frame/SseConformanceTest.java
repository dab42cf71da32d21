package dev.holdfast.core.frame;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.frame.Frames.Seen;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The corpus: every case, at every chunk size. */
final class SseConformanceTest {
  /** Up to this length every chunk size is tried; squares of more would take minutes. */
  private static final int TRIED_WHOLLY = 16 << 10;

  record Event(String type, String data, String lastEventId) {
    static Event of(Map<String, Object> members) {
      return new Event(
          Conformance.text(members, "type"),
          Conformance.text(members, "data"),
          Conformance.text(members, "lastEventId"));
    }

    static Event of(Seen seen) {
      return new Event(seen.type(), seen.data(), seen.lastEventId());
    }
  }

  @TestFactory
  Stream<DynamicTest> standardViewEqualsTheCorpusAtEveryChunkSize() throws IOException {
    return Conformance.lines("sse-corpus.jsonl").stream()
        .map(members ->
            DynamicTest.dynamicTest(
                Conformance.text(members, "name"), () -> agreesAtEveryChunkSize(members)));
  }

  private static void agreesAtEveryChunkSize(Map<String, Object> members) {
    byte[] bytes = Base64.getDecoder().decode(Conformance.text(members, "input_b64"));
    List<Event> expected =
        Conformance.objects(members.get("events")).stream().map(Event::of).toList();
    long retry = members.get("retry") instanceof Long millis ? millis : -1;

    chunkSizes(bytes.length)
        .forEach(size -> {
          SseDecoder decoder = new SseDecoder(FrameLimits.DEFAULT);
          List<Seen> frames = Frames.all(decoder, bytes, size);
          assertThat(Frames.standard(frames).stream().map(Event::of).toList())
              .as("chunks of %d bytes", size)
              .isEqualTo(expected);
          assertThat(decoder.retryMillis()).as("retry, chunks of %d", size).isEqualTo(retry);
        });
  }

  private static IntStream chunkSizes(int length) {
    if (length <= TRIED_WHOLLY) {
      return IntStream.rangeClosed(1, Math.max(1, length));
    }
    IntStream small = IntStream.rangeClosed(1, 64);
    IntStream growing = IntStream.iterate(65, n -> n < length, n -> n + n / 7);
    return IntStream.concat(
        IntStream.concat(small, growing), IntStream.rangeClosed(length - 8, length));
  }
}
