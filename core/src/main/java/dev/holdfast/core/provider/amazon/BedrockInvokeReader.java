package dev.holdfast.core.provider.amazon;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.Utf8;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.anthropic.AnthropicMessagesReader;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.provider.errors.HttpErrors;
import dev.holdfast.core.provider.openai.OpenAiChatReader;
import dev.holdfast.core.provider.shared.Payloads;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.StreamEvent;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads Amazon Bedrock's InvokeModelWithResponseStream: messages {@code {"bytes": "<base64>"}}
 * whose insides are the model's own stream. Anthropic's and those of chat completions are read as
 * such, Nova's as ConverseStream; Titan's, Llama's, Mistral's, Cohere's and Claude's old ones are
 * flat.
 *
 * <p>Proof: the inner stream's own; of a flat one a reason to stop. A guardrail that steps in
 * before the model ends the body without any. Quirks and their sources: docs/dialects.md.
 */
public final class BedrockInvokeReader implements DialectReader {
  private static final String METRICS = "amazon-bedrock-invocationMetrics";

  /** Where flat streams have their text, and where their reason to stop. */
  private static final List<String> TEXTS =
      List.of("outputText", "generation", "completion", "text");

  private static final List<String> REASONS =
      List.of("completionReason", "stop_reason", "finish_reason");

  /** Events of ConverseStream, as members of a document. */
  private static final List<String> CONVERSE =
      List.of(
          "messageStart",
          "contentBlockStart",
          "contentBlockDelta",
          "contentBlockStop",
          "messageStop",
          "metadata");

  private final CompletionPolicy completion;
  private final Payloads envelopes = new Payloads();
  private final Payloads payloads = new Payloads();
  private final ConverseEvents events = new ConverseEvents();
  private final Frame inner = new Frame();

  /** Reads the insides where they are a protocol of their own; null until that is known. */
  private @Nullable DialectReader own;

  private boolean sawContent;
  private boolean sawReason;
  private boolean sawMetrics;
  private boolean cut;
  private boolean cleanEnd;

  public BedrockInvokeReader(CompletionPolicy completion) {
    this.completion = completion;
  }

  /** {@return a reader for a stream that begins with this document, or null if it is flat} */
  private @Nullable DialectReader own(Json.Obj first) {
    // Whether the body ended cleanly is seen from here, not from inside of its messages.
    var policy = completion == CompletionPolicy.EOF ? CompletionPolicy.STRICT : completion;
    if (first.text("type").equals("message_start")) {
      return new AnthropicMessagesReader(policy);
    }
    return first.array("choices") == null ? null : new OpenAiChatReader(policy);
  }

  @Override
  public void read(Frame frame, Consumer<? super StreamEvent> out) {
    cut |= frame.kind() == Frame.Kind.DAMAGED;
    for (var payload : envelopes.of(frame)) {
      take(payload, json -> envelope(json, frame.type(), out), out);
    }
  }

  private void envelope(Json.Obj json, String type, Consumer<? super StreamEvent> out) {
    if (!(json.get("bytes") instanceof Json.Str(String encoded))) {
      out.accept(new StreamEvent.Opaque(ErrorValues.cap(type, 64)));
      return;
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(encoded);
    } catch (IllegalArgumentException e) {
      out.accept(
          new StreamEvent.FrameRejected(
              Failure.retryable(Cause.MALFORMED_FRAME, "bytes: must be base64, was another")));
      return;
    }
    int invalid = Utf8.countReplacements(bytes, 0, bytes.length);
    inner.set(Frame.Kind.EVENT, "message", "", bytes, 0, bytes.length, invalid, false);
    if (own != null) {
      readOwn(out);
      return;
    }
    for (var payload : payloads.of(inner)) {
      if (payload instanceof Payloads.Payload.Document document) {
        own = own(document.json());
        if (own != null) {
          readOwn(out);
          return;
        }
      }
      take(payload, document -> flat(document, out), out);
    }
  }

  private void readOwn(Consumer<? super StreamEvent> out) {
    Objects.requireNonNull(own)
        .read(
            inner,
            event -> {
              sawContent |= event.isContent();
              out.accept(event);
            });
  }

  private void flat(Json.Obj json, Consumer<? super StreamEvent> out) {
    if (ErrorValues.isError(json)) {
      var error = json.get("error");
      fail(ErrorValues.of(error != null && error.hasValue() ? error : json), out);
    }
    text(json, out);
    var outputs = json.array("outputs");
    if (outputs != null
        && !outputs.items().isEmpty()
        && outputs.items().getFirst() instanceof Json.Obj output) {
      text(output, out); // Mistral's.
    }
    for (var name : CONVERSE) {
      var event = json.object(name);
      if (event != null) {
        events.read(name, event, out);
      }
    }
    if (json.has("amazon-bedrock-guardrailAction")) {
      out.accept(new StreamEvent.Opaque("amazon-bedrock-guardrailAction"));
    }
    if (json.has(METRICS)) {
      sawMetrics = true;
      events.usage(json.object(METRICS), "inputTokenCount", "outputTokenCount", out);
    }
  }

  private void text(Json.Obj json, Consumer<? super StreamEvent> out) {
    first(TEXTS, json).ifPresent(text -> events.text(text, out));
    first(REASONS, json)
        .ifPresent(reason -> {
          sawReason = true;
          events.finish(reason, out);
        });
  }

  private static Optional<String> first(List<String> names, Json.Obj json) {
    return names.stream().map(json::text).filter(text -> !text.isEmpty()).findFirst();
  }

  private void take(
      Payloads.Payload payload, Consumer<Json.Obj> documents, Consumer<? super StreamEvent> out) {
    switch (payload) {
      case Payloads.Payload.Document document -> documents.accept(document.json());
      case Payloads.Payload.Done() -> out.accept(new StreamEvent.DoneMarker());
      case Payloads.Payload.KeepAlive(String kind) -> out.accept(new StreamEvent.Heartbeat(kind));
      case Payloads.Payload.ReportedError(ProviderError error) -> fail(error, out);
      case Payloads.Payload.Malformed(Failure failure) ->
          out.accept(new StreamEvent.FrameRejected(failure));
    }
  }

  private void fail(ProviderError error, Consumer<? super StreamEvent> out) {
    out.accept(
        new StreamEvent.ErrorReported(
            HttpErrors.inStream(error, sawContent || events.sawContent())));
  }

  @Override
  public Proof proof() {
    if (events.isSpliced()) {
      return Proof.OPEN;
    }
    if (cleanEnd) {
      return Proof.CLOSED;
    }
    if (own != null) {
      return own.proof();
    }
    if (!sawReason && !events.isStopped()) {
      return Proof.OPEN;
    }
    return sawMetrics ? Proof.CLOSED : Proof.PROVEN;
  }

  @Override
  public Proof end(Consumer<? super StreamEvent> out) {
    cleanEnd |= completion == CompletionPolicy.EOF && !cut;
    if (own != null) {
      own.end(out);
    }
    events.end(proof().isProven(), out);
    return proof();
  }
}
