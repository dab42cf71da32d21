package dev.holdfast.core.provider.shared;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.provider.errors.HttpErrors;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the readers of plain protocols share: frames taken apart into documents, errors reported,
 * the proof distinguished from the end of the body.
 */
public abstract class DocumentReader implements DialectReader, FrameLoop.Contents {
  /** How a protocol marks its end. */
  public enum Closing {
    /** With the proof itself; what follows it is not read, not even a count of tokens. */
    PROOF,
    /** With a marker after the proof. */
    MARKER,
    /** With the end of the body. */
    END
  }

  public static final Json.Obj NOTHING = new Json.Obj(Map.of());

  private static final int MAX_REASON = 256;

  private final CompletionPolicy completion;
  private final FrameLoop loop;
  private final Closing closing;

  private boolean started;
  private boolean sawAnswer;
  private boolean sawError;
  private boolean sawDone;
  private boolean cleanEnd;
  private boolean ended;

  public DocumentReader(CompletionPolicy completion, Payloads payloads, Closing closing) {
    this.completion = completion;
    this.loop = new FrameLoop(payloads);
    this.closing = closing;
  }

  /** Reads one document; {@code type} is that of its frame. */
  public abstract void read(Json.Obj json, String type);

  @Override
  public final void document(Json.Obj json, String type) {
    read(json, type);
    sawAnswer = sawAnswer || started || sawAnswer();
  }

  @Override
  public final void done() {
    sawDone = true;
    emit(new StreamEvent.DoneMarker());
  }

  @Override
  public final void error(ProviderError error) {
    fail(HttpErrors.inStream(error, sawAnswer()));
  }

  /** {@return whether the protocol's own proof was seen} */
  public abstract boolean isProven();

  /** {@return whether a later frame can take the proof back} */
  public boolean isRevocable() {
    return false;
  }

  /** Hands on halves of characters whose other half will not come. */
  public abstract void flush(Consumer<? super StreamEvent> out);

  /** Hands on, at the end of the body, what is to be handed on whether it is proven or not. */
  public void ended(Consumer<? super StreamEvent> out) {}

  /** {@return whether the body ended inside a frame} */
  public final boolean isCut() {
    return loop.isCut();
  }

  @Override
  public DeltaFastPath.@Nullable Shape shape(Json.Obj json, StreamEvent event) {
    return null;
  }

  /** Parses the next frames, because what a shape means has changed. */
  public final void forgetShapes() {
    loop.forgetShapes();
  }

  /** {@return this, which from now on parses every frame, for comparison} */
  public final DocumentReader withoutShortcut() {
    loop.parseAll();
    return this;
  }

  @Override
  public final void read(Frame frame, Consumer<? super StreamEvent> out) {
    loop.read(frame, this, out);
  }

  public final void emit(StreamEvent event) {
    loop.emit(event);
  }

  public final void opaque(String kind) {
    emit(new StreamEvent.Opaque(ErrorValues.cap(kind, 64)));
  }

  /** Reports once that the provider has begun. */
  public final void start(String id, String model) {
    if (!started) {
      started = true;
      emit(new StreamEvent.Started(id, model));
    }
  }

  /**
   * Hands on a finish reason, unless it is repeated or empty; a failure of the provider as an
   * error, too.
   */
  public final void finish(ChatChoice choice, String reason) {
    String raw = ErrorValues.cap(reason, MAX_REASON);
    if (!raw.isEmpty() && !raw.equals(choice.finish())) {
      Finish finish = choice.finish(raw, this::emit);
      emit(new StreamEvent.Finished(choice.index(), finish));
      failed(raw);
    }
  }

  /** Reports an error where a finish reason is a failure of the provider. */
  public final boolean failed(String reason) {
    boolean failed = Finishes.isFailure(reason);
    if (failed && !sawError) {
      error(Finishes.error(reason));
    }
    return failed;
  }

  public final void usage(long promptTokens, long completionTokens, Json raw) {
    emit(
        new StreamEvent.Usage(
            TokenUsage.of(
                Math.max(-1, promptTokens), Math.max(-1, completionTokens), raw.write())));
  }

  public final void fail(Failure failure) {
    sawError = true;
    emit(new StreamEvent.ErrorReported(failure));
  }

  public final void fail(Json error) {
    error(ErrorValues.of(error));
  }

  /** {@return whether any content came, also in the frame that is being read} */
  public final boolean sawAnswer() {
    return loop.hasContent();
  }

  /** {@return whether a failure was reported after which nothing is read} */
  public final boolean isAbandoned() {
    return loop.isStopped();
  }

  /** Reports a failure after which nothing can be believed: nothing more is read. */
  public final void abandon(Failure failure) {
    loop.stop();
    fail(failure);
  }

  /** Refuses a document as a whole. */
  public final void reject(String violation) {
    emit(new StreamEvent.FrameRejected(Failure.retryable(Cause.PROTOCOL_VIOLATION, violation)));
  }

  /** {@return whether the member is present but not a string} */
  public static boolean isNoText(Json.Obj json, String name) {
    var value = json.get(name);
    return value != null && value.hasValue() && !(value instanceof Json.Str);
  }

  /** {@return whether the member is present but not an object} */
  public static boolean isNoObject(Json.Obj json, String name) {
    var value = json.get(name);
    return value != null && value.hasValue() && !(value instanceof Json.Obj);
  }

  /** {@return the member if it is an object, else an empty one} */
  public static Json.Obj part(Json.Obj json, String name) {
    var part = json.object(name);
    return part == null ? NOTHING : part;
  }

  @Override
  public void resumed() {
    ended = false;
    sawDone = false; // It closed the body that broke, not the answer.
    loop.restart();
  }

  @Override
  public final Proof proof() {
    if (isAbandoned()) {
      return Proof.OPEN; // Any earlier proof belongs to another answer.
    }
    boolean marker = sawDone && sawAnswer && completion == CompletionPolicy.DONE_MARKER;
    boolean proven = isProven() || marker || cleanEnd;
    if (!proven) {
      return sawDone ? Proof.CLOSED_UNPROVEN : Proof.OPEN;
    }
    boolean closed =
        sawDone
            || cleanEnd
            || switch (closing) {
              case PROOF -> true;
              case MARKER -> false;
              case END -> ended;
            };
    return closed ? Proof.CLOSED : isRevocable() && !ended ? Proof.TENTATIVE : Proof.PROVEN;
  }

  @Override
  public final Proof end(Consumer<? super StreamEvent> out) {
    ended = true;
    loop.end();
    ended(out);
    cleanEnd |= completion == CompletionPolicy.EOF && !isCut() && sawAnswer;
    if (proof().isProven()) {
      flush(out);
    }
    return proof();
  }
}
