package dev.holdfast.core.provider.shared;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.WholeBodyDecoder;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.provider.errors.HttpErrors;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is one document: what a server sends that ignores {@code stream: true}, and what
 * is polled. It is split into the events of an equivalent stream, which are read as always. So the
 * rules of proof are the same.
 */
public final class NonStreamingDialect implements Dialect {
  private final Dialect streamed;
  private final Function<Json.Obj, @Nullable List<Json.Obj>> unfolded;
  private final boolean marked;

  /**
   * @param streamed how its events are read
   * @param unfolded takes a document apart; null if it is no answer of this protocol
   * @param marked whether a stream of it would end with a marker
   */
  private NonStreamingDialect(
      Dialect streamed, Function<Json.Obj, @Nullable List<Json.Obj>> unfolded, boolean marked) {
    this.streamed = streamed;
    this.unfolded = unfolded;
    this.marked = marked;
  }

  public static NonStreamingDialect ofChat(Dialect chat) {
    return new NonStreamingDialect(chat, NonStreamingExpander::chat, true);
  }

  public static NonStreamingDialect ofMessages(Dialect messages) {
    return new NonStreamingDialect(messages, NonStreamingExpander::messages, false);
  }

  public static NonStreamingDialect ofResponses(Dialect responses) {
    return new NonStreamingDialect(responses, NonStreamingExpander::responses, false);
  }

  public static NonStreamingDialect ofInteraction(Dialect interactions) {
    return new NonStreamingDialect(interactions, NonStreamingExpander::interaction, true);
  }

  /** {@return for protocols in which a whole answer looks like the last piece of a stream} */
  public static NonStreamingDialect ofChunks(Dialect chunks) {
    return new NonStreamingDialect(chunks, NonStreamingExpander::chunk, false);
  }

  @Override
  public String id() {
    return streamed.id();
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new WholeBodyDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new Reader(streamed.newReader(completion));
  }

  /** Reads the one frame. */
  private final class Reader implements DialectReader {
    private final DialectReader events;

    Reader(DialectReader events) {
      this.events = events;
    }

    @Override
    public void read(Frame frame, Consumer<? super StreamEvent> out) {
      if (frame.invalidBytes() > 0) {
        reject(Cause.MALFORMED_FRAME, "must be UTF-8, was broken", out);
        return;
      }
      Json json;
      try {
        json = Json.parse(frame.data());
      } catch (Json.MalformedException e) {
        reject(
            e.isLimit() ? Cause.LIMIT_EXCEEDED : Cause.MALFORMED_JSON,
            "must be a JSON document, was not",
            out);
        return;
      }
      if (json instanceof Json.Obj document) {
        answer(document, out);
      } else {
        reject(Cause.PROTOCOL_VIOLATION, "must be a JSON object, was another value", out);
      }
    }

    private void answer(Json.Obj document, Consumer<? super StreamEvent> out) {
      if (ErrorValues.isError(document)) {
        var error = document.get("error");
        var reported = ErrorValues.of(error != null && error.hasValue() ? error : document);
        out.accept(new StreamEvent.ErrorReported(HttpErrors.inStream(reported)));
        return;
      }
      var pieces = unfolded.apply(document);
      if (pieces == null) {
        reject(Cause.PROTOCOL_VIOLATION, "must be an answer of %s, was not".formatted(id()), out);
        return;
      }
      pieces.forEach(piece -> events.read(Frame.event("message", piece.write()), out));
      if (marked && events.proof().isProven()) {
        events.read(Frame.event("message", "[DONE]"), event -> {});
      }
    }

    private void reject(Cause cause, String rule, Consumer<? super StreamEvent> out) {
      out.accept(new StreamEvent.FrameRejected(Failure.retryable(cause, "body: " + rule)));
    }

    @Override
    public Proof proof() {
      return events.proof();
    }

    @Override
    public Proof end(Consumer<? super StreamEvent> out) {
      return events.end(out);
    }
  }
}
