package dev.holdfast.cli;

import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectDetector;
import dev.holdfast.core.dialect.Dialects;
import dev.holdfast.core.dialect.Json;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimitException;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Transcript;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What a recorded response body holds: the work behind {@code holdfast inspect}. */
final class Inspection {
  /** The dialect that means: find out. */
  static final String AUTO = "auto";

  private static final int CHUNK = 16 << 10;
  private static final int MAX_BLOCK = 1 << 20;

  private final Transcript transcript = new Transcript();
  private long frames;
  private boolean spoke;
  private @Nullable String limit;

  private Inspection() {}

  /**
   * {@return one JSON object: {@code file, dialect, verdict, cause, finish, text, reasoning,
   * refusal, tool_calls, usage, error, frames}} Finish, usage and error are as the provider wrote
   * them; finish, text and reasoning are objects by choice where there are several choices.
   *
   * @param fileAsGiven what to call the file
   * @param dialect a dialect's id, or {@link #AUTO}
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if there is no such dialect
   */
  static String inspect(Path file, String fileAsGiven, String dialect) throws IOException {
    return new Inspection().read(file, fileAsGiven, dialect(file, dialect)).write();
  }

  private static Dialect dialect(Path file, String asked) throws IOException {
    return Dialects.byId(asked.equals(AUTO) ? detect(file).dialect() : asked);
  }

  /** {@return the protocol of a body, told from its first bytes} */
  static DialectDetector.Detection detect(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return DialectDetector.detect(in.readNBytes(DialectDetector.LOOK_AHEAD), null);
    }
  }

  private static Json.@Nullable Obj object(Frame frame) {
    try {
      return Json.parse(frame.data()) instanceof Json.Obj object ? object : null;
    } catch (Json.MalformedException e) {
      return null;
    }
  }

  private Json.Obj read(Path file, String fileAsGiven, Dialect dialect) throws IOException {
    var reader = dialect.newReader(CompletionPolicy.STRICT);
    try {
      eachFrame(
          file,
          CHUNK,
          dialect.newDecoder(FrameLimits.DEFAULT),
          frame -> {
            spoke =
                switch (frame.kind()) {
                  case EVENT -> object(frame) != null;
                  case EXCEPTION -> true;
                  case COMMENT, UNKNOWN_FIELD, DAMAGED -> false;
                };
            reader.read(frame, event -> take(event, frame.kind()));
            frames += spoke ? 1 : 0;
            return !spliced();
          });
    } catch (FrameLimitException e) {
      limit = e.getMessage();
    }
    var proof = reader.end(transcript);
    return line(fileAsGiven, dialect.id(), proof);
  }

  private void take(StreamEvent event, Frame.Kind kind) {
    // Some frames speak though they are no JSON object as they stand: see docs/dialects.md.
    spoke |= kind == Frame.Kind.EVENT && isSpeech(event);
    transcript.accept(event);
  }

  private static boolean isSpeech(StreamEvent event) {
    return event.isContent()
        || event instanceof StreamEvent.Started
        || event instanceof StreamEvent.Finished
        || event instanceof StreamEvent.Usage;
  }

  private boolean spliced() {
    var error = transcript.error();
    return error != null && error.cause() == Cause.PROTOCOL_VIOLATION;
  }

  private Json.Obj line(String fileAsGiven, String id, Proof proof) {
    var error = transcript.error();
    var choices = new TreeSet<>(transcript.text().keySet());
    choices.addAll(transcript.finishes().keySet());
    boolean many = choices.size() > 1;
    var line = new LinkedHashMap<String, Json>();
    line.put("file", new Json.Str(fileAsGiven));
    line.put("dialect", new Json.Str(id));
    line.put("verdict", new Json.Str(verdict(error, proof)));
    line.put("cause", text(cause(error, proof)));
    line.put("finish", finish(many));
    line.put("text", byChoice(transcript.text(), many));
    line.put("reasoning", byChoice(transcript.reasoning(), many));
    line.put("refusal", byChoice(transcript.refusal(), false));
    line.put("tool_calls", toolCalls());
    line.put("usage", usage(transcript.usage()));
    line.put("error", error(error));
    line.put("frames", Json.of(frames));
    return new Json.Obj(line);
  }

  private String verdict(@Nullable Failure error, Proof proof) {
    if (error != null) {
      return "FAILED";
    }
    return proof.isProven() && limit == null ? "COMPLETE" : "TRUNCATED";
  }

  private @Nullable String cause(@Nullable Failure error, Proof proof) {
    if (error != null) {
      return error.cause().id();
    }
    if (limit != null) {
      return Cause.LIMIT_EXCEEDED.id();
    }
    if (proof.isProven()) {
      return null;
    }
    var rejection = transcript.rejection();
    return rejection == null ? Cause.TRUNCATED.id() : rejection.cause().id();
  }

  private Json finish(boolean many) {
    var finishes = transcript.finishes();
    if (finishes.isEmpty()) {
      return Json.Null.VALUE;
    }
    if (!many) {
      return text(finishes.containsKey(0) ? finishes.get(0).raw() : null);
    }
    var members = new LinkedHashMap<String, Json>();
    for (Map.Entry<Integer, Finish> finish : finishes.entrySet()) {
      members.put(String.valueOf(finish.getKey()), new Json.Str(finish.getValue().raw()));
    }
    return new Json.Obj(members);
  }

  private static Json byChoice(SortedMap<Integer, String> texts, boolean many) {
    if (!many) {
      return new Json.Str(texts.getOrDefault(0, ""));
    }
    var members = new LinkedHashMap<String, Json>();
    texts.forEach((choice, text) -> members.put(String.valueOf(choice), new Json.Str(text)));
    return new Json.Obj(members);
  }

  private Json toolCalls() {
    return new Json.Arr(transcript.toolCalls().stream().map(Inspection::toolCall).toList());
  }

  private static Json toolCall(ToolCall call) {
    var members = new LinkedHashMap<String, Json>();
    members.put("id", text(call.id().isEmpty() ? null : call.id()));
    members.put("name", new Json.Str(call.name()));
    members.put("arguments", new Json.Str(call.arguments()));
    return new Json.Obj(members);
  }

  private static Json usage(@Nullable TokenUsage usage) {
    return usage == null ? Json.Null.VALUE : raw(usage.raw());
  }

  private static Json error(@Nullable Failure error) {
    if (error == null) {
      return Json.Null.VALUE;
    }
    var provider = error.provider();
    return provider == null
        ? new Json.Str(Redactor.SHAPES.text(error.detail()))
        : raw(Redactor.SHAPES.text(provider.raw()));
  }

  private static Json raw(String text) {
    try {
      return Json.parse(text);
    } catch (Json.MalformedException e) {
      return new Json.Str(text);
    }
  }

  private static Json text(@Nullable String text) {
    return text == null ? Json.Null.VALUE : new Json.Str(text);
  }

  /**
   * Hands on the events of a body by the standard's view: a line {@code {"file", "type", "data",
   * "lastEventId"}} for each, and a last one {@code {"file", "retry", "frames"}}, which has an
   * {@code error} too if the body breaks a limit.
   *
   * @param chunk how many bytes the decoder is fed at a time, at least 1
   * @throws IOException if the file cannot be read
   */
  static void frames(Path file, String fileAsGiven, int chunk, Consumer<String> lines)
      throws IOException {
    var decoder = new SseDecoder(FrameLimits.DEFAULT);
    var count = new long[1];
    var last = new LinkedHashMap<String, Json>();
    last.put("file", new Json.Str(fileAsGiven));
    String error = null;
    try {
      eachFrame(
          file,
          chunk,
          decoder,
          frame -> {
            if (frame.kind() == Frame.Kind.EVENT && !frame.unterminated()) {
              count[0]++;
              lines.accept(frameLine(fileAsGiven, frame));
            }
            return true;
          });
    } catch (FrameLimitException e) {
      error = e.getMessage();
    }
    long retry = decoder.retryMillis();
    last.put("retry", retry < 0 ? Json.Null.VALUE : Json.of(retry));
    last.put("frames", Json.of(count[0]));
    if (error != null) {
      last.put("error", new Json.Str(error));
    }
    lines.accept(new Json.Obj(last).write());
  }

  private static String frameLine(String fileAsGiven, Frame frame) {
    var members = new LinkedHashMap<String, Json>();
    members.put("file", new Json.Str(fileAsGiven));
    members.put("type", new Json.Str(frame.type()));
    members.put("data", new Json.Str(frame.data()));
    members.put("lastEventId", new Json.Str(frame.lastEventId()));
    return new Json.Obj(members).write();
  }

  /** Feeds a file to a decoder, {@code chunk} bytes at a time, while {@code goOn} says so. */
  private static void eachFrame(Path file, int chunk, FrameDecoder decoder, Predicate<Frame> goOn)
      throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      // Larger chunks than a block are fed a block at a time: the frames are the same.
      byte[] block = new byte[Math.clamp(chunk, CHUNK, MAX_BLOCK)];
      for (int read = in.readNBytes(block, 0, block.length);
          read > 0;
          read = in.readNBytes(block, 0, block.length)) {
        int step = Math.min(chunk, block.length);
        for (int at = 0; at < read; at += step) {
          decoder.feed(ByteBuffer.wrap(block, at, Math.min(step, read - at)));
          if (!drain(decoder, goOn)) {
            return;
          }
        }
      }
    }
    decoder.endOfInput();
    drain(decoder, goOn);
  }

  private static boolean drain(FrameDecoder decoder, Predicate<Frame> goOn) {
    for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
      if (!goOn.test(frame)) {
        return false;
      }
    }
    return true;
  }
}
