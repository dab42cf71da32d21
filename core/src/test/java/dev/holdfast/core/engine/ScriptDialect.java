package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Partial;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.dialect.TokenDialect;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A protocol small enough to read in a test: one line is one frame, its first word says what it is.
 * {@code text hello}, {@code think}, {@code refuse}, {@code tool name args}, {@code finish}, {@code
 * done}, {@code ping}, {@code error}, {@code overload}, {@code garbage}.
 */
record ScriptDialect(RequestFacts facts) implements TokenDialect {
  static final RequestFacts PLAIN = new RequestFacts("m", 1, false, false, false, -1);

  @Override
  public String id() {
    return "script";
  }

  @Override
  public ProviderRequest call(String body) {
    return ProviderRequest.post("script", body, this);
  }

  @Override
  public Dialect whole() {
    return this;
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new Lines();
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new Reader();
  }

  @Override
  public String body(ChatRequest request) {
    throw new UnsupportedOperationException("not used");
  }

  @Override
  public String withModel(String body, String model) {
    return body;
  }

  @Override
  public String streaming(String body) {
    return body;
  }

  @Override
  public RequestFacts facts(String body) {
    return facts;
  }

  @Override
  public String continuation(String body, Partial partial, Rung rung, Prefill prefill) {
    return rung.name().toLowerCase(Locale.ROOT)
        + " |"
        + partial.text()
        + "|"
        + (partial.anchor().isEmpty() ? "" : " «" + partial.anchor() + "»");
  }

  @Override
  public ProviderRequest tokenize(String body, Partial partial) {
    return ProviderRequest.post("tokens", partial.text(), this);
  }

  @Override
  public ProviderRequest complete(String body, Partial partial, String tokens) {
    if (tokens.isEmpty()) {
      throw new IllegalArgumentException("tokens: must not be empty, was empty");
    }
    return ProviderRequest.post("script", tokens, this);
  }

  private static final class Lines implements FrameDecoder {
    private final ArrayDeque<String> lines = new ArrayDeque<>();

    @Override
    public void feed(ByteBuffer chunk) {
      StandardCharsets.UTF_8.decode(chunk).toString().lines().forEach(lines::add);
    }

    @Override
    public @Nullable Frame poll() {
      String line = lines.poll();
      return line == null ? null : Frame.event("message", line);
    }

    @Override
    public void endOfInput() {}
  }

  private static final class Reader implements DialectReader {
    private Proof proof = Proof.OPEN;
    private final Set<Integer> unfinished = new HashSet<>();
    private final Set<Integer> finished = new HashSet<>();
    private int tools;

    private void text(int choice, String text, Consumer<? super StreamEvent> out) {
      out.accept(new StreamEvent.TextDelta(choice, text));
      if (!finished.contains(choice)) {
        unfinished.add(choice);
        proof = Proof.OPEN;
      }
    }

    private void finish(int choice, Finish finish, Consumer<? super StreamEvent> out) {
      out.accept(new StreamEvent.Finished(choice, finish));
      unfinished.remove(choice);
      finished.add(choice);
      proof = unfinished.isEmpty() ? Proof.PROVEN : Proof.OPEN;
    }

    @Override
    public void read(Frame frame, Consumer<? super StreamEvent> out) {
      String line = frame.data();
      int space = line.indexOf(' ');
      String word = space < 0 ? line : line.substring(0, space);
      String rest = space < 0 ? "" : line.substring(space + 1);
      switch (word) {
        case "text" -> text(0, rest, out);
        case "text1" -> text(1, rest, out);
        case "think" -> out.accept(new StreamEvent.ReasoningDelta(0, rest));
        case "refuse" -> out.accept(new StreamEvent.RefusalDelta(0, rest));
        case "tool" -> out.accept(new StreamEvent.ToolCallDelta(0, tools++, "", "f", rest));
        case "ping" -> out.accept(new StreamEvent.Heartbeat("ping"));
        case "finish" -> finish(0, new Finish(Finish.Reason.STOP, "stop"), out);
        case "finish1" -> finish(1, new Finish(Finish.Reason.STOP, "stop"), out);
        case "length" -> finish(0, new Finish(Finish.Reason.LENGTH, "length"), out);
        case "done" -> {
          out.accept(new StreamEvent.DoneMarker());
          proof = proof == Proof.PROVEN ? Proof.CLOSED : Proof.CLOSED_UNPROVEN;
        }
        case "error" ->
            out.accept(
                new StreamEvent.ErrorReported(
                    Failure.permanent(Cause.PROVIDER_ERROR, "bad request")));
        case "reject" ->
            out.accept(
                new StreamEvent.ErrorReported(
                    Failure.builder(Cause.REJECTED, "no prefill").httpStatus(200).build()));
        case "overload" ->
            out.accept(
                new StreamEvent.ErrorReported(Failure.retryable(Cause.OVERLOADED, "overloaded")));
        default ->
            out.accept(
                new StreamEvent.FrameRejected(Failure.retryable(Cause.MALFORMED_JSON, "no JSON")));
      }
    }

    @Override
    public Proof proof() {
      return proof;
    }

    @Override
    public Proof end(Consumer<? super StreamEvent> out) {
      return proof;
    }
  }
}
