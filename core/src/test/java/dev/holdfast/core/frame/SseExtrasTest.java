package dev.holdfast.core.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.frame.Frames.Seen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The corpus's extras: what the standard leaves open, as far as framing answers for it. */
final class SseExtrasTest {
  private static final FrameLimits ONE_MEBIBYTE = new FrameLimits(1 << 20, 1 << 20);

  @TestFactory
  Stream<DynamicTest> extras() throws IOException {
    return Conformance.lines("sse-corpus-extra.jsonl").stream()
        .map(extra -> DynamicTest.dynamicTest(Conformance.text(extra, "name"), () -> judge(extra)));
  }

  private static void judge(Map<String, Object> extra) {
    switch (Conformance.text(extra, "kind")) {
      case "comments" -> commentsAreShownAsWritten(extra);
      case "prompt" -> framesComeWithTheirLastByte(extra);
      case "carry" -> idsAreCarriedOver(extra);
      case "limit" -> limitsAreKept(extra);
      case "lenient" -> nothingIsLost(extra);
      default -> throw new IllegalArgumentException("unknown kind in " + extra);
    }
  }

  private static void commentsAreShownAsWritten(Map<String, Object> extra) {
    byte[] input = bytes(extra);
    for (int size = 1; size <= input.length; size++) {
      assertThat(comments(Frames.all(input, size))).isEqualTo(extra.get("comments"));
    }
  }

  private static void framesComeWithTheirLastByte(Map<String, Object> extra) {
    SseDecoder decoder = new SseDecoder(FrameLimits.DEFAULT);
    List<Long> eventsSoFar = new ArrayList<>();
    List<List<String>> comments = new ArrayList<>();
    long events = 0;
    for (String chunk : Conformance.<String>list(extra.get("chunks_b64"))) {
      List<Seen> frames = Frames.feed(decoder, ByteBuffer.wrap(Base64.getDecoder().decode(chunk)));
      events += Frames.standard(frames).size();
      eventsSoFar.add(events);
      comments.add(comments(frames));
    }
    if (extra.containsKey("events_after_chunk")) {
      assertThat(eventsSoFar).isEqualTo(extra.get("events_after_chunk"));
    } else {
      assertThat(comments).isEqualTo(extra.get("comments_after_chunk"));
    }
  }

  private static void idsAreCarriedOver(Map<String, Object> extra) {
    Object carried = extra.getOrDefault("initial_last_event_id", "");
    SseDecoder decoder = new SseDecoder(FrameLimits.DEFAULT).startingAt((String) carried);
    List<Seen> frames = Frames.all(decoder, bytes(extra), 1);
    assertThat(events(frames)).isEqualTo(expected(extra, "events"));
    assertThat(decoder.lastEventId()).isEqualTo(frames.getLast().lastEventId());
  }

  private static void limitsAreKept(Map<String, Object> extra) {
    if (extra.containsKey("input_b64")) {
      SseDecoder decoder = new SseDecoder(FrameLimits.DEFAULT);
      assertThat(events(Frames.all(decoder, bytes(extra), 3))).isEqualTo(expected(extra, "events"));
      assertThat(decoder.retryMillis()).isEqualTo(Long.MAX_VALUE);
      return;
    }
    byte[] input = generated(extra);
    for (int size : new int[] {1, 1000, input.length}) {
      assertThatThrownBy(() -> Frames.all(new SseDecoder(ONE_MEBIBYTE), input, size))
          .as("chunks of %d", size)
          .isInstanceOf(FrameLimitException.class)
          .hasMessageMatching("sse (line|frame data): must be at most 1048576 bytes, was longer");
    }
    if (Conformance.text(extra, "name").equals("x-5mib-line")) {
      assertThat(Frames.all(input, 1).getFirst().data()).hasSize(5 << 20);
    }
  }

  /**
   * The strict view is the standard's. What a lenient reader wants must be in the frames; splitting
   * JSON values, doubled prefixes and comments in data are the dialect's to judge.
   */
  private static void nothingIsLost(Map<String, Object> extra) {
    String name = Conformance.text(extra, "name");
    byte[] input = bytes(extra);
    for (int size = 1; size <= input.length; size++) {
      List<Seen> frames = Frames.all(input, size);
      assertThat(events(Frames.standard(frames))).isEqualTo(expected(extra, "strict"));
      switch (name) {
        case "x-lenient-eof-no-blank",
            "x-lenient-eof-no-newline",
            "x-lenient-eof-truncated-json" -> {
          assertThat(events(frames)).isEqualTo(expected(extra, "lenient"));
          assertThat(frames).allMatch(Seen::unterminated);
        }
        case "x-lenient-ndjson", "x-lenient-raw-json-error", "x-lenient-html" ->
            assertThat(frames.stream().map(Seen::data).reduce("", (a, b) -> a + b))
                .isEqualTo(withoutFraming(input));
        default -> assertThat(frames).allMatch(Seen::isStandard);
      }
    }
  }

  private static String withoutFraming(byte[] input) {
    return new String(input, StandardCharsets.UTF_8).replace("data: ", "").replace("\n", "");
  }

  private static List<String> comments(List<Seen> frames) {
    return frames.stream()
        .filter(frame -> frame.kind() == Frame.Kind.COMMENT)
        .map(Seen::data)
        .toList();
  }

  private static List<SseConformanceTest.Event> events(List<Seen> frames) {
    return frames.stream()
        .filter(frame -> frame.kind() == Frame.Kind.EVENT)
        .map(SseConformanceTest.Event::of)
        .toList();
  }

  private static List<SseConformanceTest.Event> expected(Map<String, Object> extra, String name) {
    return Conformance.objects(extra.get(name)).stream().map(SseConformanceTest.Event::of).toList();
  }

  private static byte[] bytes(Map<String, Object> extra) {
    return Base64.getDecoder().decode(Conformance.text(extra, "input_b64"));
  }

  private static byte[] generated(Map<String, Object> extra) {
    Map<String, Object> generator = Conformance.object(extra.get("generator"));
    byte[] repeated = Base64.getDecoder().decode(Conformance.text(generator, "repeat_b64"));
    ByteArrayOutputStream made = new ByteArrayOutputStream();
    made.writeBytes(Base64.getDecoder().decode(Conformance.text(generator, "prefix_b64")));
    // Five mebibytes are enough to prove that reading stops at one.
    for (int i = 0; i < (5 << 20) / repeated.length; i++) {
      made.writeBytes(repeated);
    }
    made.writeBytes(Base64.getDecoder().decode(Conformance.text(generator, "suffix_b64")));
    return made.toByteArray();
  }
}
