package dev.holdfast.core.provider.shared;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The loop of every reader: takes frames apart, passes what they hold to the reader of the
 * protocol, and hands on its events frame by frame. Frames of a shape that was seen before take the
 * {@link DeltaFastPath} and reach no reader. Not thread-safe.
 */
public final class FrameLoop implements Consumer<StreamEvent> {
  /** What a reader does with the contents of frames; it answers with {@link FrameLoop#emit}. */
  public interface Contents {
    /** Reads one document; {@code type} is that of its frame. */
    void document(Json.Obj json, String type);

    /** Reads the closing marker. */
    void done();

    /** Reads an error outside of a document. */
    void error(ProviderError error);

    /** Records that a frame could not be read: its content is not known. */
    default void lost() {}

    /** Reads a comment line. */
    default void comment(String text) {}

    /**
     * {@return the shape of a document whose only effect was one event with its text; null if the
     * next one like it must be parsed}
     */
    DeltaFastPath.@Nullable Shape shape(Json.Obj json, StreamEvent event);

    /**
     * {@return the shape of a document whose only effects were one event with its text and a usage;
     * null if the next one like it must be parsed}
     *
     * @param isFirst whether the usage was handed on before the event
     */
    default DeltaFastPath.@Nullable Shape shape(
        Json.Obj json, StreamEvent event, TokenUsage usage, boolean isFirst) {
      return null;
    }
  }

  private final Payloads payloads;
  private final DeltaFastPath shortcut = new DeltaFastPath();
  private final List<StreamEvent> batch = new ArrayList<>(2);
  private boolean hasContent;
  private boolean cut;
  private boolean stopped;

  /** A loop over the payloads of one response body. */
  public FrameLoop(Payloads payloads) {
    this.payloads = payloads;
  }

  /** Reads a frame; its events are handed on when all of it has been read. */
  public void read(Frame frame, Contents contents, Consumer<? super StreamEvent> out) {
    if (stopped) {
      return;
    }
    if (!batch.isEmpty()) {
      batch.clear();
    }
    if (shortcut.read(frame, out)) {
      hasContent = true;
      payloads.passed();
      if (!batch.isEmpty()) {
        batch.forEach(out); // What a reader emitted rather than handed on.
      }
      return;
    }
    if (frame.kind() == Frame.Kind.COMMENT) {
      contents.comment(frame.data());
    }
    var unwrapped = payloads.of(frame);
    cut |=
        payloads.isCut()
            || (frame.unterminated() && unwrapped.isEmpty() && !frame.data().isBlank());
    for (var payload : unwrapped) {
      switch (payload) {
        case Payloads.Payload.Document document -> {
          contents.document(document.json(), frame.type());
          if (document.plain()) {
            learn(frame, shape(document.json(), contents));
          }
        }
        case Payloads.Payload.Done() -> contents.done();
        case Payloads.Payload.KeepAlive(String kind) -> emit(new StreamEvent.Heartbeat(kind));
        case Payloads.Payload.ReportedError(ProviderError error) -> contents.error(error);
        case Payloads.Payload.Malformed(Failure failure) -> {
          contents.lost();
          emit(new StreamEvent.FrameRejected(failure));
        }
      }
      if (stopped) {
        break;
      }
      hasContent = hasContent();
    }
    batch.forEach(out);
  }

  private DeltaFastPath.@Nullable Shape shape(Json.Obj json, Contents contents) {
    if (batch.size() == 1) {
      return contents.shape(json, batch.getFirst());
    }
    if (batch.size() != 2) {
      return null;
    }
    if (batch.getFirst() instanceof StreamEvent.Usage(TokenUsage usage)) {
      return contents.shape(json, batch.getLast(), usage, true);
    }
    return batch.getLast() instanceof StreamEvent.Usage(TokenUsage usage)
        ? contents.shape(json, batch.getFirst(), usage, false)
        : null;
  }

  private void learn(Frame frame, DeltaFastPath.@Nullable Shape shape) {
    if (shape != null) {
      shortcut.learn(frame, shape);
    }
  }

  /** Hands on an event with the others of the frame that is being read. */
  public void emit(StreamEvent event) {
    batch.add(event);
  }

  /** As {@link #emit}: the loop is where its reader's events go. */
  @Override
  public void accept(StreamEvent event) {
    emit(event);
  }

  /** {@return whether any content came, also in the frame that is being read} */
  public boolean hasContent() {
    if (hasContent) {
      return true;
    }
    for (var event : batch) {
      if (event.isContent()) {
        return true;
      }
    }
    return false;
  }

  /** Reads nothing more: what comes from now on cannot be believed. */
  public void stop() {
    stopped = true;
  }

  /** {@return whether nothing more is read} */
  public boolean isStopped() {
    return stopped;
  }

  /** No shape that was seen before is true any more. */
  public void forgetShapes() {
    shortcut.forget();
  }

  /** Passes every frame to the reader from now on, for comparison. */
  public void parseAll() {
    shortcut.switchOff();
  }

  /** The body ended. */
  public void end() {
    cut |= payloads.isInside();
  }

  /** {@return whether the body ended inside a frame} */
  public boolean isCut() {
    return cut;
  }

  /** The rest comes in another body. */
  public void restart() {
    cut = false;
    payloads.restart();
  }
}
