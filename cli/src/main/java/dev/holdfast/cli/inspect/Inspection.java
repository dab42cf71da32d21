package dev.holdfast.cli.inspect;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.detect.DialectDetector;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Transcript;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.core.verdict.BodyJudge;
import dev.holdfast.observe.debug.decode.ContentDecoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a recorded response body holds: the work of {@code holdfast inspect}. A body that is
 * compressed with gzip is inflated first. The verdict is that of {@link BodyJudge}.
 */
final class Inspection {
  /** The dialect that means: find out. */
  static final String AUTO = "auto";

  private static final int CHUNK = 16 << 10;

  private final String asked;
  private final Transcript transcript = new Transcript();
  private final ContentDecoder content = new ContentDecoder(this::plain);
  private final ByteArrayOutputStream start = new ByteArrayOutputStream();
  private final FromBody visitor = new FromBody();
  private String dialect = "";
  private @Nullable BodyJudge judge;
  private long frames;

  private Inspection(String asked) {
    this.asked = asked;
  }

  /**
   * {@return one JSON object: {@code file, dialect, verdict, cause, finish, text, reasoning,
   * refusal, tool_calls, cut_tool_calls, usage, error, warnings, frames}} Finish, usage and error
   * are as the provider wrote them; finish, text and reasoning are objects by choice where there
   * are several choices.
   *
   * @param fileAsGiven what to call the file
   * @param dialect a dialect's id, or {@link #AUTO}
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if there is no such dialect
   */
  static String inspect(Path file, String fileAsGiven, String dialect) throws IOException {
    return new Inspection(dialect).read(file, fileAsGiven).write();
  }

  // ---------------------------------------------------------------- reading

  private Json.Obj read(Path file, String fileAsGiven) throws IOException {
    boolean ended = false;
    try (InputStream in = Files.newInputStream(file)) {
      byte[] block = new byte[CHUNK];
      while (!ended && !isFull()) {
        int got = in.readNBytes(block, 0, block.length);
        ended = got < block.length;
        content.feed(ByteBuffer.wrap(block, 0, got));
      }
    } finally {
      content.end(ended);
    }
    var found = judge == null ? found() : judge;
    found.end(visitor);
    return line(fileAsGiven, found, content.failure(found.isProven(), false));
  }

  /** {@return whether a limit was exceeded, so that nothing more is read} */
  private boolean isFull() {
    return judge != null && !judge.limit().isEmpty();
  }

  /** A piece of the body without any encoding. */
  private void plain(ByteBuffer bytes) {
    if (judge == null) {
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      start.writeBytes(copy);
      if (start.size() >= DialectDetector.LOOK_AHEAD || !asked.equals(AUTO)) {
        BodyJudge unused = found();
      }
    } else {
      judge.feed(bytes, visitor);
    }
  }

  /** {@return the judge of the body, after it has read what has come so far} */
  private BodyJudge found() {
    byte[] bytes = start.toByteArray();
    start.reset();
    BodyJudge found;
    if (asked.equals(AUTO)) {
      var detected = DialectDetector.detect(bytes, null);
      dialect = detected.dialect();
      found = BodyJudge.of(detected);
    } else {
      dialect = asked;
      found = new BodyJudge(Dialects.byId(asked), FrameLimits.DEFAULT, CompletionPolicy.STRICT);
    }
    judge = found;
    found.feed(ByteBuffer.wrap(bytes), visitor);
    return found;
  }

  /** Counts the frames that speak, and keeps what a consumer would have had. */
  private final class FromBody implements BodyJudge.Visitor {
    private Frame.@Nullable Kind kind;
    private boolean speaks;
    private boolean after;

    @Override
    public void frame(Frame frame) {
      kind = frame.kind();
      after = isViolated();
      speaks =
          switch (frame.kind()) {
            case EVENT -> object(frame) != null;
            case EXCEPTION -> true;
            case COMMENT, UNKNOWN_FIELD, DAMAGED -> false;
          };
    }

    /** What follows a splice is of another answer. */
    private boolean isViolated() {
      var failure = judge == null ? null : judge.failure();
      return failure != null && failure.cause() == Cause.PROTOCOL_VIOLATION;
    }

    @Override
    public void event(StreamEvent event, boolean counts) {
      // Some frames speak though they are no JSON object as they stand: see docs/dialects.md.
      speaks |= kind == Frame.Kind.EVENT && isSpeech(event);
      if (counts || (!after && isWord(event))) {
        transcript.accept(event);
      }
    }

    /** What the provider wrote about a failure may follow it; the verdict is given by then. */
    private boolean isWord(StreamEvent event) {
      return judge != null
          && judge.failure() != null
          && (event instanceof StreamEvent.ErrorReported
              || event instanceof StreamEvent.Finished
              || event instanceof StreamEvent.Usage);
    }

    @Override
    public void frameRead() {
      boolean document = judge != null && judge.isDocument();
      frames += speaks && !document && !after ? 1 : 0;
      kind = null;
    }
  }

  private static Json.@Nullable Obj object(Frame frame) {
    try {
      return Json.parse(frame.data()) instanceof Json.Obj object ? object : null;
    } catch (Json.MalformedException e) {
      return null;
    }
  }

  private static boolean isSpeech(StreamEvent event) {
    return event.isContent()
        || event instanceof StreamEvent.Started
        || event instanceof StreamEvent.Finished
        || event instanceof StreamEvent.Usage;
  }

  // ---------------------------------------------------------------- the line

  private Json.Obj line(String fileAsGiven, BodyJudge body, @Nullable Failure ofCoding) {
    var failure = ofCoding == null ? body.failure() : ofCoding;
    var verdict = failure == null ? new Verdict.Complete() : Verdict.of(failure.cause());
    var choices = new TreeSet<>(transcript.text().keySet());
    choices.addAll(transcript.finishes().keySet());
    boolean many = choices.size() > 1;
    var line = new LinkedHashMap<String, Json>();
    line.put("file", new Json.Str(fileAsGiven));
    line.put("dialect", new Json.Str(dialect));
    line.put("verdict", new Json.Str(verdict.name()));
    line.put("cause", text(failure == null ? null : failure.cause().id()));
    line.put("finish", finish(many));
    line.put("text", byChoice(transcript.text(), many));
    line.put("reasoning", byChoice(transcript.reasoning(), many));
    line.put("refusal", byChoice(transcript.refusal(), false));
    line.put("tool_calls", toolCalls(body));
    line.put("cut_tool_calls", cutToolCalls(body));
    line.put("usage", usage(transcript.usage()));
    line.put("error", verdict instanceof Verdict.Failed ? error(failure) : Json.Null.VALUE);
    line.put("warnings", warnings(body));
    line.put("frames", Json.of(frames));
    return new Json.Obj(line);
  }

  private static Json warnings(BodyJudge body) {
    return new Json.Arr(
        body.warnings().stream().<Json>map(w -> new Json.Str(w.cause().id())).toList());
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

  private Json toolCalls(BodyJudge body) {
    var lines = new ArrayList<Json>();
    var calls = body.calls();
    for (int i = 0; i < calls.size(); i++) {
      if (calls.get(i).isWhole()) {
        lines.add(new Json.Obj(toolCall(asSent(calls.get(i).call(), i))));
      }
    }
    return new Json.Arr(lines);
  }

  /** Protocols whose arguments are an object: where there are none, it is an empty one. */
  private boolean sendsObjects() {
    return Stream.of("anthropic-", "bedrock-", "gemini-").anyMatch(dialect::startsWith);
  }

  /** A whole call without arguments has {@code {}}; here it is shown as the provider wrote it. */
  private ToolCall asSent(ToolCall call, int position) {
    var sent = transcript.toolCalls();
    return call.arguments().equals("{}")
            && !sendsObjects()
            && position < sent.size()
            && sent.get(position).arguments().isBlank()
        ? sent.get(position)
        : call;
  }

  private Json cutToolCalls(BodyJudge body) {
    var lines = new ArrayList<Json>();
    for (var call : body.calls()) {
      var cut = call.cut();
      if (cut != null) {
        var members = toolCall(call.call());
        if (call.call().arguments().isBlank() && sendsObjects()) {
          members.put("arguments", new Json.Str("{}"));
        }
        members.put("reason", new Json.Str(cut.id()));
        lines.add(new Json.Obj(members));
      }
    }
    return new Json.Arr(lines);
  }

  private static Map<String, Json> toolCall(ToolCall call) {
    var members = new LinkedHashMap<String, Json>();
    members.put("id", text(call.id().isEmpty() ? null : call.id()));
    members.put("name", new Json.Str(call.name()));
    members.put("arguments", new Json.Str(call.arguments()));
    return members;
  }

  private static Json usage(@Nullable TokenUsage usage) {
    return usage == null ? Json.Null.VALUE : raw(usage.raw());
  }

  /** {@return the provider's last words on a failure that it reported, else what is wrong} */
  private Json error(@Nullable Failure failure) {
    if (failure == null) {
      return Json.Null.VALUE;
    }
    var last = transcript.error();
    var provider =
        last == null || failure.provider().isEmpty() ? null : last.provider().orElse(null);
    return provider == null
        ? new Json.Str(Redactor.SHAPES.text(failure.detail()))
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
}
