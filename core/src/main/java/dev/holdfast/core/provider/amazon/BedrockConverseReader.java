package dev.holdfast.core.provider.amazon;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.provider.errors.HttpErrors;
import dev.holdfast.core.provider.shared.DeltaFastPath;
import dev.holdfast.core.provider.shared.Payloads;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.StreamEvent;
import java.util.function.Consumer;

/**
 * Reads the events of Amazon Bedrock's ConverseStream.
 *
 * <p>Proof: {@code messageStop} in a message whose checksums fit. Quirks and their sources:
 * docs/dialects.md.
 */
public final class BedrockConverseReader implements DialectReader {
  private final CompletionPolicy completion;
  private final Payloads payloads = new Payloads();
  private final ConverseEvents events = new ConverseEvents();
  private final DeltaFastPath shortcut = new DeltaFastPath();
  private boolean cut;
  private boolean cleanEnd;

  public BedrockConverseReader(CompletionPolicy completion) {
    this.completion = completion;
  }

  /** {@return this, which from now on parses every frame, for comparison} */
  public BedrockConverseReader withoutShortcut() {
    shortcut.switchOff();
    return this;
  }

  @Override
  public void read(Frame frame, Consumer<? super StreamEvent> out) {
    cut |= frame.kind() == Frame.Kind.DAMAGED;
    if (events.isSpliced()) {
      return;
    }
    if (shortcut.read(frame, out)) {
      payloads.passed();
      return;
    }
    for (var payload : payloads.of(frame)) {
      switch (payload) {
        case Payloads.Payload.Document document -> {
          events.read(frame.type(), document.json(), out);
          var shape = document.plain() ? events.shape(frame.type(), document.json()) : null;
          if (shape != null) {
            shortcut.learn(frame, shape);
          }
        }
        case Payloads.Payload.Done() -> out.accept(new StreamEvent.DoneMarker());
        case Payloads.Payload.KeepAlive(String kind) -> out.accept(new StreamEvent.Heartbeat(kind));
        case Payloads.Payload.ReportedError(ProviderError error) ->
            out.accept(
                new StreamEvent.ErrorReported(HttpErrors.inStream(error, events.sawContent())));
        case Payloads.Payload.Malformed(Failure failure) ->
            out.accept(new StreamEvent.FrameRejected(failure));
      }
    }
  }

  @Override
  public Proof proof() {
    if (events.isSpliced()) {
      return Proof.OPEN;
    }
    if (cleanEnd || (events.isStopped() && events.hasMetadata())) {
      return Proof.CLOSED;
    }
    return events.isStopped() ? Proof.PROVEN : Proof.OPEN;
  }

  @Override
  public Proof end(Consumer<? super StreamEvent> out) {
    cleanEnd |= completion == CompletionPolicy.EOF && !cut;
    events.end(proof().isProven(), out);
    return proof();
  }
}
