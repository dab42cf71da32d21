package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimitException;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.detect.DialectDetector;
import dev.holdfast.core.provider.errors.HttpErrors;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.StreamEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What holds for every input. A breach is an {@link AssertionError}; any other exception that
 * leaves a claim is a breach too.
 */
final class FuzzClaims {
  private static final int[] STATUSES = {
    200, 400, 402, 404, 408, 413, 424, 429, 500, 503, 529, 601
  };
  private static final List<String> MEDIA_TYPES =
      List.of("", "text/event-stream", "application/json", "application/x-ndjson", ";");
  private static final long NOW = 1_800_000_000_000L;

  private FuzzClaims() {}

  /** Any split of the same bytes yields the same frames. */
  static void frames(FuzzInput input, Function<FrameLimits, FrameDecoder> decoder) {
    var whole = frames(decoder.apply(input.limits()), input::whole);
    same("frames", whole, frames(decoder.apply(input.limits()), input::split));
    if (input.passes().contains(FuzzInput.Pass.BYTES)) {
      same("frames of bytes", whole, frames(decoder.apply(input.limits()), input::bytes));
    }
  }

  private interface Feeding {
    void to(FuzzInput.Chunks chunks);
  }

  private static void drain(FrameDecoder decoder, Feeding feeding, Consumer<Frame> frames) {
    feeding.to(chunk -> {
      decoder.feed(chunk);
      poll(decoder, frames);
    });
    decoder.endOfInput();
    poll(decoder, frames);
  }

  private static void poll(FrameDecoder decoder, Consumer<Frame> frames) {
    for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
      frames.accept(frame);
    }
  }

  private static List<Object> frames(FrameDecoder decoder, Feeding feeding) {
    var seen = new ArrayList<Object>();
    try {
      drain(
          decoder,
          feeding,
          frame ->
              seen.add(
                  List.of(
                      frame.kind(),
                      frame.type(),
                      frame.data(),
                      frame.lastEventId(),
                      frame.invalidBytes(),
                      frame.unterminated())));
    } catch (FrameLimitException e) {
      seen.add(String.valueOf(e.getMessage()));
    }
    return seen;
  }

  /** Any split of the same bytes yields the same events, also where every frame is parsed. */
  static void reads(FuzzInput input, String id) {
    var dialect = Dialects.byId(id);
    var whole = events(input, dialect, dialect.newReader(input.completion()), input::whole);
    for (var pass : input.passes()) {
      var reader = dialect.newReader(input.completion());
      var again =
          switch (pass) {
            case SPLIT -> events(input, dialect, reader, input::split);
            case BYTES -> events(input, dialect, reader, input::bytes);
            case PARSED -> events(input, dialect, Wire.plain(reader), input::whole);
          };
      same("events " + pass, whole, again);
    }
  }

  private static List<Object> events(
      FuzzInput input, Dialect dialect, DialectReader reader, Feeding feeding) {
    var seen = new ArrayList<Object>();
    Consumer<StreamEvent> out =
        event -> {
          isSane(event);
          seen.add(event);
        };
    try {
      drain(dialect.newDecoder(input.limits()), feeding, frame -> reader.read(frame, out));
    } catch (FrameLimitException e) {
      seen.add(String.valueOf(e.getMessage()));
    }
    seen.add(reader.end(out));
    return seen;
  }

  /** What every event promises, whatever the input. */
  private static void isSane(StreamEvent event) {
    switch (event) {
      case StreamEvent.TextDelta(int choice, String text) -> isContent(choice, text);
      case StreamEvent.ReasoningDelta(int choice, String text) -> isContent(choice, text);
      case StreamEvent.RefusalDelta(int choice, String text) -> isContent(choice, text);
      case StreamEvent.ToolCallDelta call ->
          check(call.choice() >= 0 && call.call() >= 0 && call.call() < 1024, event);
      case StreamEvent.ErrorReported(Failure failure) -> isSane(failure);
      case StreamEvent.FrameRejected(Failure failure) -> isSane(failure);
      default -> {}
    }
  }

  private static void isContent(int choice, String text) {
    check(choice >= 0 && choice < 1024, choice);
    check(!text.isEmpty(), "an empty delta");
  }

  private static void isSane(Failure failure) {
    check(!failure.detail().isEmpty() && failure.detail().length() <= 1024, failure);
    check(failure.cause() != Cause.CANCELLED, failure);
  }

  /** Every error answer has a cause and a sane wait. */
  static void classifies(FuzzInput input) {
    String text = new String(input.body(), StandardCharsets.ISO_8859_1);
    int end = text.indexOf('\n');
    String header = end < 0 ? "" : text.substring(0, end).strip();
    var head =
        new ResponseHead(
            STATUSES[input.choice() % STATUSES.length],
            Map.of(
                input.variant() ? "retry-after-ms" : "retry-after",
                List.of(header),
                "x-should-retry",
                List.of(header)));
    var failure = HttpErrors.classify(head, input.body(), NOW);
    isSane(failure);
    var wait = failure.retryAfter().orElse(null);
    check(wait == null || wait.compareTo(Duration.ofDays(400)) < 0, failure);
    same("failures", failure, HttpErrors.classify(head, input.body(), NOW));
  }

  /** Every body has a protocol or none, and can be read. */
  static void detects(FuzzInput input) {
    var told =
        DialectDetector.detect(input.body(), MEDIA_TYPES.get(input.choice() % MEDIA_TYPES.size()));
    check(!told.reason().isEmpty() && told.reason().length() <= 200, told);
    reads(input, told.dialect().equals(DialectDetector.UNKNOWN) ? "openai-chat" : told.dialect());
  }

  private static void same(String what, Object whole, Object other) {
    if (!whole.equals(other)) {
      throw new AssertionError("%s differ:%n%s%n%s".formatted(what, whole, other));
    }
  }

  private static void check(boolean holds, Object of) {
    if (!holds) {
      throw new AssertionError("breaks its promise: " + of);
    }
  }
}
